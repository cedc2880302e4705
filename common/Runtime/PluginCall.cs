namespace CniPlugins.Runtime;

/// <summary>One call of a plugin, as it went.</summary>
/// <param name="Plugin">Its type: <c>bridge</c>.</param>
/// <param name="Verb">The value of CNI_COMMAND.</param>
/// <param name="Started">A moment of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="Duration">From before the process was started until it had ended.</param>
/// <param name="Request">What it read from stdin.</param>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">What it wrote to stdout: a result, an error, or nothing.</param>
/// <param name="Error">What it wrote to stderr.</param>
internal sealed record PluginCall(
    string Plugin, string Verb, long Started, TimeSpan Duration, byte[] Request, int ExitCode, byte[] Output, byte[] Error);
