using System.Text.Json;
using CniPlugins.Net;

namespace CniPlugins.Cni.Options;

/// <content>Options with a single value.</content>
internal sealed partial class OptionReader
{
    public bool Flag(string key, string about, bool defaultValue = false, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Boolean, defaultValue ? "true" : "false", about, since);
        return ReadFlag(key) ?? defaultValue;
    }

    public bool? FlagOrNull(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Boolean, "", about, since);
        return ReadFlag(key);
    }

    /// <summary>A whole number of 32 bits.</summary>
    public int Int(string key, string about, int defaultValue = 0, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Integer, $"{defaultValue}", about, since);
        return ReadInt(key) ?? defaultValue;
    }

    /// <inheritdoc cref="Int"/>
    public int? IntOrNull(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Integer, "", about, since);
        return ReadInt(key);
    }

    /// <summary>A whole number of 64 bits.</summary>
    public long? LongOrNull(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Integer, "", about, since);
        try
        {
            return Json?.Long(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Integer, e))
        {
            return null;
        }
    }

    /// <summary>A whole number of 64 bits that is not negative.</summary>
    public ulong Unsigned(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Unsigned, "0", about, since);
        try
        {
            return Json?.Unsigned(key) ?? 0;
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Unsigned, e))
        {
            return 0;
        }
    }

    /// <summary>A text; an empty one counts as absent, unless it is to be kept.</summary>
    public string Text(string key, string about, string defaultValue = "", string since = "", bool keepsEmpty = false)
    {
        _audience?.Declare(this, key, OptionType.String, Quote(defaultValue), about, since);
        return ReadText(key) is { } text && (keepsEmpty || text.Length > 0) ? text : defaultValue;
    }

    /// <summary>A text of which an empty one is not the same as none.</summary>
    public string? TextOrNull(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.String, "", about, since);
        return ReadText(key);
    }

    /// <summary>An IP address; an empty text is none.</summary>
    public IpAddress? Address(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.String, "", about, since);
        try
        {
            return Json?.Address(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.String, e))
        {
            return null;
        }
    }

    /// <summary>An IP address with a prefix length, host bits kept.</summary>
    public Cidr? Cidr(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.String, "", about, since);
        try
        {
            return Json?.Cidr(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.String, e))
        {
            return null;
        }
    }

    /// <summary>An IP address with a prefix length that must be there; null only where nothing is thrown.</summary>
    public Cidr? RequiredCidr(string key, string about, string since = "")
    {
        var isThere = _audience is null or { IsDescribing: true } || Has(key);
        if (!isThere)
            Refuse("", $"there is no \"{key}\"");
        return Cidr(key, about, since)
            ?? (_audience is null && _tolerance is null ? throw new ConfigException("invalid CIDR address: ") : null);
    }

    /// <summary>A text that may be written as true or false; empty when it is absent.</summary>
    public string FlagOrText(string key, string about, string defaultValue = "", string since = "")
    {
        _audience?.Declare(this, key, OptionType.BooleanOrString, Quote(defaultValue), about, since);
        try
        {
            return Json?.Find(key)?.ValueKind switch
            {
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => Json?.String(key) ?? "",
            };
        }
        catch (ConfigException e) when (Forgives(key, OptionType.BooleanOrString, e))
        {
            return "";
        }
    }

    private static string Quote(string text) => text.Length == 0 ? "" : $"\"{text}\"";

    private bool? ReadFlag(string key)
    {
        try
        {
            return Json?.Bool(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Boolean, e))
        {
            return _tolerance is null ? null : true;
        }
    }

    private int? ReadInt(string key)
    {
        try
        {
            return Json?.Int(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Integer, e))
        {
            return null;
        }
    }

    private string? ReadText(string key)
    {
        try
        {
            return Json?.String(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.String, e))
        {
            return null;
        }
    }
}
