using CniPlugins.Cni;
using CniPlugins.Cni.Options;

namespace CniPlugins.Ipam.CalicoIpam;

/// <summary>How much is worth a line.</summary>
internal enum LogLevel
{
    Debug,
    Info,
    Warning,
    Error,
}

/// <summary>log_level, log_file_path and log_file_max_*: what is written where, and how much of it is kept.</summary>
internal sealed record LogSettings
{
    /// <summary>debug, info or error; all else is info.</summary>
    public LogLevel Level { get; init; } = LogLevel.Info;

    /// <summary>Whether the configuration says how much: then stderr gets as much as the file.</summary>
    public bool IsLevelGiven { get; init; }

    /// <summary>Empty: no file.</summary>
    public string File { get; init; } = "";

    /// <summary>At this size a file is put aside and a new one begun.</summary>
    public long MaxBytes { get; init; } = 100L << 20;

    /// <summary>Older files that were put aside go.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How many that were put aside are kept.</summary>
    public int MaxCount { get; init; } = 10;

    /// <summary>Reads what can be read: a wrong member must not keep DEL from its work.</summary>
    public static LogSettings Read(OptionReader options)
    {
        var defaults = new LogSettings();
        var level = options.Text("log_level", "How much is logged: `debug`, `info` or `error`; when given, stderr gets as much as the file.");
        var size = options.Int("log_file_max_size", "At this size in MiB a log file is put aside and a new one begun; 0 is 100.");
        var days = options.Int("log_file_max_age", "For so many days log files that were put aside are kept; 0 is 30.");
        var count = options.Int("log_file_max_count", "So many log files that were put aside are kept; 0 is 10.");
        return new LogSettings
        {
            Level = level.ToUpperInvariant() switch { "DEBUG" => LogLevel.Debug, "ERROR" => LogLevel.Error, _ => LogLevel.Info },
            IsLevelGiven = level.Length > 0,
            File = options.Text("log_file_path", "The log file; when absent, there is none."),
            MaxBytes = size > 0 ? (long)size << 20 : defaults.MaxBytes,
            MaxAge = days > 0 ? TimeSpan.FromDays(days) : defaults.MaxAge,
            MaxCount = count > 0 ? count : defaults.MaxCount,
        };
    }
}
