namespace CniPlugins.Cni;

/// <summary>What CNI_COMMAND asks for.</summary>
internal enum Verb
{
    Add,
    Del,
    Check,
    Gc,
    Status,
    Version,
}
