namespace CniPlugins.Cni.Options;

/// <summary>The JSON type of an option.</summary>
internal enum OptionType
{
    Boolean,
    Integer,
    Unsigned,
    String,
    Strings,
    StringsByKey,
    Object,
    Objects,
    ObjectLists,
    BooleanOrString,
    StringOrStrings,
}

/// <summary>What people call the types.</summary>
internal static class OptionTypeNames
{
    /// <summary>In a table of options.</summary>
    public static string Name(this OptionType type) => type switch
    {
        OptionType.Boolean => "boolean",
        OptionType.Integer or OptionType.Unsigned => "integer",
        OptionType.String => "string",
        OptionType.Strings => "list of strings",
        OptionType.StringsByKey => "object of strings",
        OptionType.Object => "object",
        OptionType.Objects => "list of objects",
        OptionType.ObjectLists => "list of lists of objects",
        OptionType.BooleanOrString => "boolean or string",
        _ => "string or list of strings",
    };

    /// <summary>What a value of another type must be.</summary>
    public static string Demand(this OptionType type) => type switch
    {
        OptionType.Boolean => "true or false",
        OptionType.Integer => "a whole number",
        OptionType.Unsigned => "a whole number that is not negative",
        OptionType.StringsByKey => "an object whose members are strings, numbers too",
        OptionType.Object => "an object",
        _ => $"a {type.Name()}",
    };
}
