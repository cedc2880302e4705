using CniPlugins.Linux;

namespace CniPlugins.Route;

/// <summary>A link that has to be there is not; the message is upstream's.</summary>
internal sealed class LinkNotFoundException(string name) : Exception($"failed to lookup \"{name}\": Link not found"), IErrnoException
{
    public Errno Errno => Errno.ENODEV;
}
