using CniPlugins.Linux;

namespace CniPlugins.Cni;

/// <summary>The address plugin that a network's configuration names: found on CNI_PATH and asked with the same bytes and variables as we were.</summary>
internal sealed class Ipam(Request request)
{
    private string Type => request.Conf.IpamType;

    /// <summary>Whether it speaks to a server by the pod's interface, which therefore is there before its ADD and after its DEL.</summary>
    public bool NeedsLink => Type == "dhcp";

    /// <summary>Reserves addresses; throws the delegate's own error.</summary>
    public CniResult Add()
    {
        byte[] output;
        try
        {
            output = Call("ADD");
        }
        catch (Exception e) when (e is LibcException or TimeoutException)
        {
            GiveBack();
            throw;
        }

        try
        {
            return WithoutMarks(ResultReader.Read(output, request.Conf.VersionText));
        }
        catch (Exception e) when (e is ConfigException or CniException)
        {
            GiveBack();
            throw CniException.Because("failed to unmarshal raw result", e);
        }
    }

    /// <summary>
    /// Calico's address plugin names each address again as a route's destination, to tell Calico's main plugin that a way to it is wanted; nobody else
    /// can make a route of that.
    /// </summary>
    private static CniResult WithoutMarks(CniResult result) =>
        result with { Routes = [.. result.Routes.Where(route => route.Gateway is not null || result.Ips.All(ip => ip.Address != route.Destination))] };

    public void Check() => Call("CHECK");

    /// <summary>Gives back what is reserved; a section without a type has never reserved anything.</summary>
    public void Del()
    {
        if (Type.Length > 0)
            Call("DEL");
    }

    /// <inheritdoc cref="Del"/>
    public void Gc()
    {
        if (Type.Length > 0)
            Call("GC");
    }

    public void Status() => Call("STATUS");

    /// <summary>An answer that cannot be read may stand for a reservation all the same.</summary>
    private void GiveBack()
    {
        try
        {
            Del();
        }
        catch (Exception e) when (e is CniException or LibcException or TimeoutException)
        {
            StandardError.WriteLine($"while giving back what {Type} may have reserved: {e.Message}");
        }
    }

    private byte[] Call(string command) => new DelegatedPlugin(request, Type, request.Conf.Bytes).Call(command);
}
