using CniPlugins.Attachment;
using CniPlugins.Cni;

namespace CniPlugins.Portmap;

/// <summary>Something that leads host ports to pods.</summary>
internal interface IPortBackend
{
    /// <summary>Makes the mappings, all or none, and returns what it was given, to be guarded (<see cref="Undo"/>) by <see cref="Remove"/>.</summary>
    PodPorts Add(PodPorts pod);

    /// <summary>Throws for the first that is missing.</summary>
    void Check(PodPorts pod);

    /// <summary>Takes away whatever this attachment has, made by us or by upstream; nothing is no failure.</summary>
    void Remove(PodPorts pod);

    /// <summary>Takes away what belongs to no valid attachment of a network and was made before the call.</summary>
    void Collect(GcRequest request);

    /// <summary>Throws (code 50) when ADD could not work.</summary>
    void RequireUsable();
}
