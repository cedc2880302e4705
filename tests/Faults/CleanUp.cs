namespace CniPlugins.Tests.Faults;

/// <summary>Who takes away what a call with a fault has left.</summary>
internal enum CleanUp
{
    /// <summary>The runtime's DEL.</summary>
    Del,

    /// <summary>The pod is gone without one, and GC comes.</summary>
    Gc,

    /// <summary>Nobody: an ADD that answers with an error has taken back by itself what it had made.</summary>
    Nobody,
}
