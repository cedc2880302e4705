namespace CniPlugins.Cni;

/// <summary>What CNI_COMMAND asks for.</summary>
internal enum Verb
{
    Add,
    Del,
    Check,
    Gc,
    Status,

    /// <summary>Not of CNI: cnitool repair asks our own plugins to put an attachment's rules back.</summary>
    Repair,
}
