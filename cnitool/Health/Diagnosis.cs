namespace CniPlugins.Cnitool.Health;

/// <summary>One thing that <c>cnitool doctor</c> has looked at.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Subject">What it is about: <c>host</c>, <c>network pods</c>, <c>pods c1/eth0</c>.</param>
/// <param name="Message">What is the matter, or what is in order.</param>
/// <param name="Mend">A command, or what to do; empty where there is nothing to do.</param>
internal sealed record Diagnosis(Severity Severity, string Subject, string Message, string Mend = "");

/// <summary>From what pods need, to what may be meant so.</summary>
internal enum Severity
{
    /// <summary>Pods fail, or have no network.</summary>
    Error,

    /// <summary>It works, but hardly as it is meant.</summary>
    Warning,

    /// <summary>Looked at, and in order.</summary>
    Ok,
}
