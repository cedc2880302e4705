using CniPlugins.Cni;

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
    public static LogSettings Read(ConfigObject root)
    {
        var defaults = new LogSettings();
        var level = root.String("log_level") ?? "";
        return new LogSettings
        {
            Level = level.ToUpperInvariant() switch { "DEBUG" => LogLevel.Debug, "ERROR" => LogLevel.Error, _ => LogLevel.Info },
            IsLevelGiven = level.Length > 0,
            File = root.String("log_file_path") ?? "",
            MaxBytes = root.Int("log_file_max_size") is > 0 and var size ? (long)size << 20 : defaults.MaxBytes,
            MaxAge = root.Int("log_file_max_age") is > 0 and var days ? TimeSpan.FromDays(days) : defaults.MaxAge,
            MaxCount = root.Int("log_file_max_count") is > 0 and var count ? count : defaults.MaxCount,
        };
    }
}
