using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Kobune.Cri.Images;

/// <summary>
/// The program of the pause image: holds a sandbox's namespaces, reaps orphans when it is process 1 of a shared PID
/// namespace, and exits with 0 on SIGTERM or SIGINT. A static ELF executable of about 250 bytes, written here
/// instruction by instruction because it must not depend on a compiler or a download.
///
/// It installs no handlers. The three signals are blocked and taken with rt_sigtimedwait: the kernel drops signals
/// with default action sent to process 1, except blocked ones, which it queues.
/// <code>
///       rt_sigprocmask(SIG_BLOCK, {INT, TERM, CHLD}, NULL, 8)
/// wait: switch (rt_sigtimedwait(set, NULL, NULL, 8))   // no timeout
///         CHLD: do {} while (wait4(-1, NULL, WNOHANG, NULL) > 0)
///         TERM, INT: exit(0)
///       goto wait
/// </code>
/// </summary>
internal static class PauseProgram
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const int SigChld = 17;
    private const ulong SignalSet = 1ul << (SigInt - 1) | 1ul << (SigTerm - 1) | 1ul << (SigChld - 1);

    /// <exception cref="PlatformNotSupportedException">Neither x86-64 nor aarch64.</exception>
    internal static byte[] Build(Architecture architecture) => architecture switch
    {
        Architecture.X64 => Elf(machine: 62, X64()),
        Architecture.Arm64 => Elf(machine: 183, Arm64()),
        _ => throw new PlatformNotSupportedException($"no pause program for {architecture}"),
    };

    // System V ABI: number in eax, arguments in rdi, rsi, rdx, r10; result in rax.
    private static byte[] X64() => new MachineCode()
        .Bytes(0x31, 0xFF)                                      // xor  edi, edi        SIG_BLOCK
        .Bytes(0x48, 0x8D, 0x35).Relative32("set")              // lea  rsi, [rip+set]
        .Bytes(0x31, 0xD2)                                      // xor  edx, edx        no old set
        .Bytes(0x41, 0xBA, 8, 0, 0, 0)                          // mov  r10d, 8         size of the set
        .Bytes(0xB8, 14, 0, 0, 0)                               // mov  eax, 14         rt_sigprocmask
        .Bytes(0x0F, 0x05)                                      // syscall
        .Label("wait")
        .Bytes(0x48, 0x8D, 0x3D).Relative32("set")              // lea  rdi, [rip+set]
        .Bytes(0x31, 0xF6)                                      // xor  esi, esi        no siginfo
        .Bytes(0x31, 0xD2)                                      // xor  edx, edx        no timeout
        .Bytes(0x41, 0xBA, 8, 0, 0, 0)                          // mov  r10d, 8
        .Bytes(0xB8, 128, 0, 0, 0)                              // mov  eax, 128        rt_sigtimedwait
        .Bytes(0x0F, 0x05)                                      // syscall
        .Bytes(0x83, 0xF8, SigChld)                             // cmp  eax, SIGCHLD
        .Bytes(0x74).Relative8("reap")                          // je   reap
        .Bytes(0x83, 0xF8, SigTerm)                             // cmp  eax, SIGTERM
        .Bytes(0x74).Relative8("exit")                          // je   exit
        .Bytes(0x83, 0xF8, SigInt)                              // cmp  eax, SIGINT
        .Bytes(0x74).Relative8("exit")                          // je   exit
        .Bytes(0xEB).Relative8("wait")                          // jmp  wait            EINTR, as after SIGSTOP and SIGCONT
        .Label("reap")
        .Bytes(0x48, 0xC7, 0xC7, 0xFF, 0xFF, 0xFF, 0xFF)        // mov  rdi, -1         any child
        .Bytes(0x31, 0xF6)                                      // xor  esi, esi        no status
        .Bytes(0xBA, 1, 0, 0, 0)                                // mov  edx, WNOHANG
        .Bytes(0x45, 0x31, 0xD2)                                // xor  r10d, r10d      no rusage
        .Bytes(0xB8, 61, 0, 0, 0)                               // mov  eax, 61         wait4
        .Bytes(0x0F, 0x05)                                      // syscall
        .Bytes(0x85, 0xC0)                                      // test eax, eax
        .Bytes(0x7F).Relative8("reap")                          // jg   reap            signals of several children merge
        .Bytes(0xEB).Relative8("wait")                          // jmp  wait
        .Label("exit")
        .Bytes(0x31, 0xFF)                                      // xor  edi, edi
        .Bytes(0xB8, 60, 0, 0, 0)                               // mov  eax, 60         exit
        .Bytes(0x0F, 0x05)                                      // syscall
        .Label("set").Quad(SignalSet)
        .Assemble();

    // AAPCS64: number in x8, arguments in x0…x3, result in x0.
    private static byte[] Arm64() => new MachineCode()
        .Word(MoveZ(0, 0))                                      // mov  x0, #0          SIG_BLOCK
        .Address(1, "set")                                      // adr  x1, set
        .Word(MoveZ(2, 0))                                      // mov  x2, #0
        .Word(MoveZ(3, 8))                                      // mov  x3, #8
        .Word(MoveZ(8, 135)).Word(SupervisorCall)               // rt_sigprocmask
        .Label("wait")
        .Address(0, "set")                                      // adr  x0, set
        .Word(MoveZ(1, 0))                                      // mov  x1, #0
        .Word(MoveZ(2, 0))                                      // mov  x2, #0
        .Word(MoveZ(3, 8))                                      // mov  x3, #8
        .Word(MoveZ(8, 137)).Word(SupervisorCall)               // rt_sigtimedwait
        .Word(CompareW0(SigChld)).Branch(BranchEqual, 19, 5, "reap")
        .Word(CompareW0(SigTerm)).Branch(BranchEqual, 19, 5, "exit")
        .Word(CompareW0(SigInt)).Branch(BranchEqual, 19, 5, "exit")
        .Branch(BranchAlways, 26, 0, "wait")
        .Label("reap")
        .Word(0x92800000)                                       // movn x0, #0          -1, any child
        .Word(MoveZ(1, 0))                                      // mov  x1, #0
        .Word(MoveZ(2, 1))                                      // mov  x2, #WNOHANG
        .Word(MoveZ(3, 0))                                      // mov  x3, #0
        .Word(MoveZ(8, 260)).Word(SupervisorCall)               // wait4
        .Word(CompareW0(0)).Branch(BranchGreater, 19, 5, "reap")
        .Branch(BranchAlways, 26, 0, "wait")
        .Label("exit")
        .Word(MoveZ(0, 0))                                      // mov  x0, #0
        .Word(MoveZ(8, 93)).Word(SupervisorCall)                // exit
        .Label("set").Quad(SignalSet)
        .Assemble();

    private const uint SupervisorCall = 0xD4000001;
    private const uint BranchAlways = 0x14000000;
    private const uint BranchEqual = 0x54000000;
    private const uint BranchGreater = 0x5400000C;

    private static uint MoveZ(uint register, uint value) => 0xD2800000 | value << 5 | register;

    private static uint CompareW0(uint value) => 0x7100001F | value << 10;

    // ELF-64 (System V gABI chapter 4 and 5): the header, one program header that maps the whole file readable and
    // executable, and the code right behind.
    private static byte[] Elf(ushort machine, byte[] code)
    {
        const int headers = 64 + 56;
        const ulong address = 0x400000;
        byte[] file = new byte[headers + code.Length];
        ReadOnlySpan<byte> ident = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2 /* 64 bit */, 1 /* little endian */, 1 /* version */];
        ident.CopyTo(file);
        Write16(file, 16, 2);                       // e_type: ET_EXEC
        Write16(file, 18, machine);                 // e_machine
        Write32(file, 20, 1);                       // e_version
        Write64(file, 24, address + headers);       // e_entry
        Write64(file, 32, 64);                      // e_phoff
        Write16(file, 52, 64);                      // e_ehsize
        Write16(file, 54, 56);                      // e_phentsize
        Write16(file, 56, 1);                       // e_phnum

        Write32(file, 64, 1);                       // p_type: PT_LOAD
        Write32(file, 68, 5);                       // p_flags: R+X
        Write64(file, 80, address);                 // p_vaddr
        Write64(file, 88, address);                 // p_paddr
        Write64(file, 96, (ulong)file.Length);      // p_filesz
        Write64(file, 104, (ulong)file.Length);     // p_memsz
        Write64(file, 112, 0x10000);                // p_align: the largest page size of aarch64
        code.CopyTo(file, headers);
        return file;
    }

    private static void Write16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    private static void Write32(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    private static void Write64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
