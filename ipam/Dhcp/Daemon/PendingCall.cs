using CniPlugins.Cni;
using CniPlugins.Ipam.Dhcp.Rpc;

namespace CniPlugins.Ipam.Dhcp.Daemon;

/// <summary>A plugin's call that has no answer yet.</summary>
internal sealed class PendingCall(ServerConnection connection, CallHeader header, CmdArgs arguments)
{
    public string Method => header.Method;

    public CmdArgs Arguments => arguments;

    /// <summary>Called when the plugin goes away before its answer.</summary>
    public Action? Abandoned { get; set; }

    /// <summary>False when the plugin has gone.</summary>
    public bool TryAnswer(CniResult result) => connection.TryAnswer(this, header, to => ResultGob.Write(to, result));

    /// <summary>The answer of a method that has none.</summary>
    public void Done() => connection.TryAnswer(this, header, CallHeader.WriteNothing);

    public void Fail(string error) => connection.TryAnswer(this, header with { Error = error }, CallHeader.WriteNothing);
}
