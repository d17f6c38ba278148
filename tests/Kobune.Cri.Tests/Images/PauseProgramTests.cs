using System.Diagnostics;
using System.Runtime.InteropServices;
using Kobune.Cri.Containerd;
using Kobune.Cri.Images;

namespace Kobune.Cri.Tests.Images;

public sealed class PauseProgramTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Both_architectures_fit_in_a_page()
    {
        Assert.InRange(PauseProgram.Build(Architecture.X64).Length, 64 + 56, 400);
        Assert.InRange(PauseProgram.Build(Architecture.Arm64).Length, 64 + 56, 400);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task Exits_with_zero_on_a_signal(string signal)
    {
        await using var program = new Program([]);
        await SignalAsync(signal, program.Process.Id);
        await program.Process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, program.Process.ExitCode);
    }

    [Fact]
    public async Task As_process_1_it_reaps_orphans_and_still_obeys()
    {
        Assert.SkipWhen(Environment.UserName != "root", "needs root");
        // The shell leaves two orphans to its successor as process 1, then becomes it.
        await using var program = new Program(["unshare", "--pid", "--fork", "--kill-child", "sh", "-c", "(sleep 0.05 & sleep 0.1 &) ; exec \"$0\""]);
        int pause = await WaitForAsync(() => ProcFs.Children(program.Process.Id).FirstOrDefault(p => File.ReadAllText($"/proc/{p}/comm").Trim() == "pause"), p => p != 0);
        await WaitForAsync(() => ProcFs.Children(pause).Count, count => count == 0);
        await SignalAsync("TERM", pause);
        await program.Process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, program.Process.ExitCode);
    }

    private static async Task SignalAsync(string signal, int pid)
    {
        // A signal sent before the program has blocked it would kill it: wait until it sleeps in rt_sigtimedwait.
        string call = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "128 " : "137 ";
        await WaitForAsync(() => File.ReadAllText($"/proc/{pid}/syscall"), now => now.StartsWith(call));
        using Process kill = Process.Start("kill", ["-" + signal, $"{pid}"]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private static async Task<T> WaitForAsync<T>(Func<T> read, Predicate<T> done)
    {
        while (true)
        {
            T value = read();
            if (done(value))
                return value;
            await Task.Delay(5, Cancellation);
        }
    }


    private sealed class Program : IAsyncDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kpause-");

        internal Program(string[] wrapper)
        {
            string file = Path.Combine(_directory.FullName, "pause");
            File.WriteAllBytes(file, PauseProgram.Build(RuntimeInformation.ProcessArchitecture));
            File.SetUnixFileMode(file, ImageLayer.Executable);
            string[] command = [.. wrapper, file];
            Process = Process.Start(command[0], command[1..]);
        }

        internal Process Process { get; }

        public async ValueTask DisposeAsync()
        {
            if (!Process.HasExited)
                Process.Kill(entireProcessTree: true);
            await Process.WaitForExitAsync();
            Process.Dispose();
            _directory.Delete(recursive: true);
        }
    }
}
