using System.Text.Json;

namespace CniPlugins.Runtime;

/// <summary>What Go's decoder makes of a JSON value: libcni's messages say it (<c>invalid name type float64</c>).</summary>
internal static class GoType
{
    public const string Map = "map[string]interface {}";

    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Map,
        JsonValueKind.Array => "[]interface {}",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "<nil>",
    };
}
