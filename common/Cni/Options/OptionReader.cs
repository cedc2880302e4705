namespace CniPlugins.Cni.Options;

/// <summary>
/// Reads the options of an object. The call that reads an option declares it: name, type, default, what it does; what must hold for
/// its value is said with <see cref="Refuse"/>.
/// </summary>
/// <remarks>
/// Three kinds of caller share that code. ADD, CHECK and STATUS read strictly: the first thing that is wrong is thrown. DEL and GC read
/// tolerantly: what cannot be read has its default, a switch that cannot be read may be on. A <see cref="Survey"/> notes everything and
/// throws nothing (<c>cnitool validate</c>, <c>cnitool explain</c>); so every option is read on every path, and after a Refuse comes
/// something to go on with.
/// </remarks>
internal sealed partial class OptionReader
{
    /// <summary>The word for options that the reference plugins do not have.</summary>
    public const string OnlyHere = "only here";

    private readonly OptionAudience? _audience;
    private readonly Tolerance? _tolerance;

    /// <summary>The options of an object that is read to be used; null is an empty one.</summary>
    public OptionReader(ConfigObject? json)
        : this(json, tolerance: null)
    {
    }

    private OptionReader(ConfigObject? json, Tolerance? tolerance)
    {
        Json = json;
        Path = "";
        _tolerance = tolerance;
    }

    internal OptionReader(ConfigObject? json, OptionAudience audience, string path)
    {
        Json = json;
        Path = path;
        _audience = audience;
        IsForAdd = true;
        Version = audience.Version;
    }

    /// <summary>Whether contradictions count: for an ADD, and for who wants to know all.</summary>
    public bool IsForAdd { get; private init; }

    /// <summary>Whether a value could not be read, and DEL or GC went on without it.</summary>
    public bool HasForgiven => _tolerance is { HasForgiven: true };

    /// <summary>Whether nobody's configuration is read, only what could stand in one.</summary>
    public bool IsDescribing => _audience is { IsDescribing: true };

    /// <summary>Whether advice is heard.</summary>
    public bool IsSurvey => _audience is not null;

    /// <summary>The version of the specification that the network speaks.</summary>
    public CniVersion Version { get; private init; } = CniVersion.V110;

    /// <summary>CNI_ARGS of the call.</summary>
    public string Args { get; private init; } = "";

    /// <summary>Where the object stands, as <c>$.plugins[0].ipam</c>; empty in a plugin, which does not need to know.</summary>
    public string Path { get; }

    internal ConfigObject? Json { get; }

    /// <summary>The options of a plugin's own object, read as strictly as the verb demands.</summary>
    public static OptionReader Of(Request request) => request is DelRequest or GcRequest
        ? new(request.Conf.Root, new Tolerance())
        : new(request.Conf.Root) { IsForAdd = request is AddRequest, Version = request.Conf.Version, Args = request.Environment.Args };

    /// <summary>Reads a plugin's configuration; what does not decode is reported as upstream's plugins do it.</summary>
    public static T Load<T>(Request request, Func<OptionReader, T> read)
    {
        try
        {
            return read(Of(request));
        }
        catch (ConfigException e)
        {
            throw CniException.Because("failed to load netconf", e);
        }
    }

    /// <summary>Whether the object is there at all.</summary>
    public bool IsPresent => Json is not null;

    /// <summary>Whether the key is there with a value (null is none).</summary>
    public bool Has(string key) => Json?.Has(key) ?? false;

    /// <summary>Whether the configuration lets the runtime hand something over under that name.</summary>
    public bool Offers(string capability) => Section("capabilities").ReadFlag(capability) ?? false;

    /// <summary>
    /// Says that a value is wrong (the empty key: the object as a whole). A plugin ends here with that error; a survey notes it and goes on.
    /// </summary>
    public void Refuse(string key, string problem, string hint = "", CniErrorCode code = CniErrorCode.Internal)
    {
        if (_audience is not null)
            _audience.Note(isError: true, this, key, hint.Length > 0 ? $"{problem}; {hint}" : problem);
        else if (_tolerance is null)
            throw new CniException(code, problem, hint);
    }

    /// <summary>Tells a person what is allowed but hardly meant; nobody else hears it.</summary>
    public void Advise(string key, string remark) => _audience?.Note(isError: false, this, key, remark);

    /// <summary>The path of a member; a key that is no plain word is quoted.</summary>
    internal string PathOf(string key)
    {
        var isPlain = key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '[' or ']');
        return Path.Length == 0 ? key : isPlain ? $"{Path}.{key}" : $"{Path}[\"{key}\"]";
    }

    /// <summary>Whether to go on after a value that does not decode.</summary>
    private bool Forgives(string key, OptionType type, ConfigException e)
    {
        var isType = e.Message.StartsWith("json: ", StringComparison.Ordinal); // Go's words, which are for runtimes
        _audience?.Note(isError: true, this, key, isType ? $"must be {type.Demand()}" : e.Message);
        if (_tolerance is not null)
            _tolerance.HasForgiven = true;
        return _audience is not null || _tolerance is not null;
    }

    /// <summary>What the readers of one configuration have passed over.</summary>
    private sealed class Tolerance
    {
        public bool HasForgiven { get; set; }
    }
}
