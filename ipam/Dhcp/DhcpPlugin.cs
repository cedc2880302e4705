using CniPlugins.Cni;
using CniPlugins.Cni.Options;
using CniPlugins.Ipam.Dhcp.Rpc;
using CniPlugins.Linux;

namespace CniPlugins.Ipam.Dhcp;

/// <summary>Asks the DHCP daemon, which takes an address from the network's own server and renews it as long as the pod lives.</summary>
internal sealed class DhcpPlugin : Plugin
{
    public override void Declare(OptionReader options) => _ = DhcpConfig.Read(options, options.Args);

    public override CniResult Add(AddRequest request)
    {
        var config = DhcpConfig.Read(request.Conf, request.Environment.Args);
        return ResultGob.Read(Call(config.Socket, DaemonMethod.Allocate, CmdArgs.Of(request, Absolute(request.Netns))));
    }

    /// <summary>The lease must be there, and be the address that ADD's result promised. Upstream's daemon, which cannot be asked so, is asked for a lease.</summary>
    public override void Check(CheckRequest request)
    {
        var config = DhcpConfig.Read(request.Conf, request.Environment.Args);
        var arguments = CmdArgs.Of(request, Absolute(request.Netns));
        GobStruct answer;
        try
        {
            answer = Call(config.Socket, DaemonMethod.Check, arguments);
        }
        catch (CniException e) when (e.InnerException is RpcException { IsUnknownMethod: true })
        {
            answer = Call(config.Socket, DaemonMethod.Allocate, arguments);
        }

        var leased = ResultGob.Read(answer);
        if (request.Conf.PreviousResult() is { } promised && leased.Ips.FirstOrDefault(ip => promised.Ips.All(other => other.Address.Address != ip.Address.Address)) is { } changed)
            throw new CniException($"dhcp: the server has given {request.IfName} another address, {changed.Address}", "the pod has to be made anew");
    }

    /// <summary>Without a daemon there is nobody to tell the server, whose lease will end by itself; a daemon that comes back must not renew it.</summary>
    public override void Del(DelRequest request)
    {
        var socket = DhcpConfig.SocketOf(request.Conf);
        try
        {
            Call(socket, DaemonMethod.Release, CmdArgs.Of(request, request.Netns is { } netns ? Absolute(netns) : ""));
        }
        catch (CniException e) when (IsAbsent(e))
        {
            LeaseDirectory.Of(socket).Forget(new LeaseKey(request.ContainerId, request.Network, request.IfName));
            StandardError.WriteLine($"dhcp: {e.Message}; the server was not told, and keeps the address until its lease ends");
        }
    }

    public override void Gc(GcRequest request)
    {
        var socket = DhcpConfig.SocketOf(request.Conf);
        try
        {
            Call(socket, DaemonMethod.Collect, CmdArgs.Of(request) with { Args = Collection.ToArgs(request.Started) });
        }
        catch (CniException e) when (IsAbsent(e))
        {
            StandardError.WriteLine($"dhcp: {e.Message}; a daemon that starts frees what has no pod any more");
        }
        catch (CniException e) when (e.InnerException is RpcException { IsUnknownMethod: true })
        {
            StandardError.WriteLine("dhcp: this daemon cannot collect leases; it gives up each when the pod's interface is gone");
        }
    }

    /// <summary>The configuration can be read, and a daemon listens.</summary>
    public override void Status(StatusRequest request)
    {
        var config = DhcpConfig.Read(request.Conf, request.Environment.Args);
        try
        {
            using var connection = Dial(config.Socket);
        }
        catch (CniException e)
        {
            throw new CniException(CniErrorCode.PluginNotAvailable, e.Message, e.Details, e);
        }
    }

    private static GobStruct Call(string socket, string method, CmdArgs arguments)
    {
        using var connection = Dial(socket);
        try
        {
            return connection.Call(method, arguments);
        }
        catch (Exception e) when (e is RpcException or GobException or LibcException)
        {
            throw CniException.Because($"error calling {method}", e);
        }
    }

    private static DaemonConnection Dial(string socket)
    {
        try
        {
            return DaemonConnection.Open(socket);
        }
        catch (Exception e) when (e is LibcException or RpcException or GobException)
        {
            throw CniException.Because("error dialing DHCP daemon", e, "start it: dhcp daemon, or systemctl enable --now cni-dhcp.socket");
        }
    }

    /// <summary>Whether nobody listens: no socket, or one whose daemon was killed.</summary>
    private static bool IsAbsent(CniException e) => e.InnerException is LibcException { Errno: Errno.ENOENT or Errno.ECONNREFUSED };

    /// <summary>The daemon's working directory is another one.</summary>
    private static string Absolute(string path) => Path.GetFullPath(path);
}
