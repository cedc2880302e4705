using CniPlugins.Linux;

namespace CniPlugins.Nftables;

/// <summary>Kernels without nf_tables.</summary>
internal sealed partial class NftSocket
{
    /// <summary>The ruleset of the namespace this process runs in; null when this kernel has no nf_tables at all.</summary>
    public static NftSocket? FindHere()
    {
        NftSocket? socket = null;
        try
        {
            socket = OpenHere();
            _ = socket.Generation();
            return socket;
        }
        catch (Exception e) when (e is IErrnoException { Errno: var errno } && (IsAbsence(errno) || errno is Errno.EINVAL))
        {
            // EPROTONOSUPPORT: no nfnetlink; EINVAL: no nf_tables behind it.
            socket?.Dispose();
            return null;
        }
        catch (Exception)
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Whether a change was refused because this kernel has no nf_tables.</summary>
    public static bool IsAbsence(Errno errno) => errno is Errno.EPROTONOSUPPORT or Errno.EAFNOSUPPORT or Errno.EOPNOTSUPP;
}
