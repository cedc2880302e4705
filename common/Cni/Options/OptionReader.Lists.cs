using System.Text.Json;

namespace CniPlugins.Cni.Options;

/// <content>Options that have members.</content>
internal sealed partial class OptionReader
{
    /// <summary>A list of texts; none when it is absent.</summary>
    public IReadOnlyList<string> Texts(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Strings, "", about, since);
        try
        {
            return Json?.Strings(key) ?? [];
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Strings, e))
        {
            return [];
        }
    }

    /// <summary>A text or a list of such; none when it is absent or empty.</summary>
    public IReadOnlyList<string> TextOrTexts(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.StringOrStrings, "", about, since);
        try
        {
            return Json?.Find(key) is { ValueKind: JsonValueKind.Array } ? Json.Strings(key)!
                : Json?.String(key) is { Length: > 0 } one ? [one]
                : [];
        }
        catch (ConfigException e) when (Forgives(key, OptionType.StringOrStrings, e))
        {
            return [];
        }
    }

    /// <summary>Texts by names that are not known here, in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> TextsByKey(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.StringsByKey, "", about, since);
        try
        {
            return Json?.TextsByKey(key) ?? [];
        }
        catch (ConfigException e) when (Forgives(key, OptionType.StringsByKey, e))
        {
            return [];
        }
    }

    /// <summary>An object whose members are all known to who reads it; null when it is absent.</summary>
    public T? Object<T>(string key, string about, Func<OptionReader, T> read, string since = "")
        where T : class
    {
        _audience?.Declare(this, key, OptionType.Object, "", about, since);
        var json = ReadObject(key);
        if (_audience is null)
            return json is null ? null : read(new OptionReader(json, _tolerance));
        if (json is null && !_audience.IsDescribing)
            return null;
        T? value = null;
        var reader = new OptionReader(json, _audience, PathOf(key));
        _audience.Guard(reader, () => value = read(reader));
        _audience.Close(reader);
        return value;
    }

    /// <summary>An object of which others read members too; an empty one when it is absent.</summary>
    public OptionReader Section(string key, string about = "")
    {
        if (about.Length > 0)
            _audience?.Declare(this, key, OptionType.Object, "", about, "");
        var json = ReadObject(key);
        return _audience is null ? new OptionReader(json, _tolerance) : new OptionReader(json, _audience, PathOf(key));
    }

    /// <summary>A list of objects; null when it is absent.</summary>
    public IReadOnlyList<T>? List<T>(string key, string about, Func<OptionReader, T> read, string since = "")
    {
        _audience?.Declare(this, key, OptionType.Objects, "", about, since);
        IReadOnlyList<ConfigObject>? items = null;
        try
        {
            items = Json?.Objects(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Objects, e))
        {
        }

        if (_audience is { IsDescribing: true })
            _ = read(new OptionReader(null, _audience, $"{PathOf(key)}[]"));
        if (items is null)
            return null;
        var values = new List<T>(items.Count);
        foreach (var reader in Members(items, key))
        {
            if (_audience is null)
                values.Add(read(reader));
            else
                _audience.Guard(reader, () => values.Add(read(reader)));
        }

        return values;
    }

    /// <summary>A list of lists of objects; none when it is absent, null where one that cannot be read does not throw.</summary>
    public IReadOnlyList<OptionList>? Lists(string key, string about, string since = "")
    {
        _audience?.Declare(this, key, OptionType.ObjectLists, "", about, since);
        if (_audience is { IsDescribing: true })
            return [new(this, [new OptionReader(null, _audience, $"{PathOf(key)}[][]")])];
        try
        {
            var lists = new List<OptionList>();
            foreach (var list in Json?.ObjectLists(key) ?? [])
            {
                var member = _audience is null ? "" : $"{key}[{lists.Count}]";
                lists.Add(new(Member(null, member), Members(list, member)));
            }

            return lists;
        }
        catch (ConfigException e) when (Forgives(key, OptionType.ObjectLists, e))
        {
            return null;
        }
    }

    private ConfigObject? ReadObject(string key)
    {
        try
        {
            return Json?.Object(key);
        }
        catch (ConfigException e) when (Forgives(key, OptionType.Object, e))
        {
            return null;
        }
    }

    private IReadOnlyList<OptionReader> Members(IReadOnlyList<ConfigObject> items, string key)
    {
        var members = new List<OptionReader>(items.Count);
        foreach (var item in items)
            members.Add(Member(item, _audience is null ? "" : $"{key}[{members.Count}]"));
        return members;
    }

    private OptionReader Member(ConfigObject? json, string member)
    {
        if (_audience is null)
            return new OptionReader(json, _tolerance);
        var reader = new OptionReader(json, _audience, Path.Length == 0 ? member : $"{Path}.{member}");
        _audience.Close(reader);
        return reader;
    }
}
