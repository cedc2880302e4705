using CniPlugins.Cni;

namespace CniPlugins.Runtime;

/// <summary>A plugin's error on its way to a person: who failed in front, the details behind.</summary>
internal static class ErrorText
{
    /// <summary>One line: the message and, when there are any, the details after a semicolon, as libcni prints them.</summary>
    public static string Of(CniException error) => error.Details.Length == 0 ? error.Message : $"{error.Message}; {error.Details}";

    /// <summary>The same error with the step that failed in front; code and details stay.</summary>
    public static CniException Prefixed(string step, Exception cause)
    {
        var error = CniException.From(cause);
        return new CniException(error.Code, $"{step}: {error.Message}", error.Details, cause);
    }
}
