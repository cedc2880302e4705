namespace CniPlugins.Bench;

/// <summary>A program under measurement failed, or took longer than anybody waits: of ours the end of the bench, of another's a gap in the table.</summary>
internal sealed class CallException(string message) : Exception(message);
