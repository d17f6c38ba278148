using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Kobune.Logging;

/// <summary>Writes log lines in klog's shape: «I1121 07:31:02.123456 category] message».</summary>
internal sealed class LineLoggerProvider(TextWriter output, TimeProvider time, LogLevel minimum) : ILoggerProvider
{
    private readonly Lock _lock = new();

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose() => output.Flush();

    private void Write(string line)
    {
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= provider._minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }
            var letter = logLevel switch { LogLevel.Critical => 'F', LogLevel.Error => 'E', LogLevel.Warning => 'W', LogLevel.Information => 'I', _ => 'D' };
            var now = provider._time.GetUtcNow();
            var line = string.Create(CultureInfo.InvariantCulture, $"{letter}{now:MMdd HH:mm:ss.ffffff} {category}] {formatter(state, exception)}");
            provider.Write(exception is null ? line : $"{line}\n{exception}");
        }
    }

    private readonly TimeProvider _time = time;
    private readonly LogLevel _minimum = minimum;
}
