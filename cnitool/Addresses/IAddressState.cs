using CniPlugins.Net;

namespace CniPlugins.Cnitool.Addresses;

/// <summary>What an address plugin remembers, as a person wants to look at it and put it right.</summary>
internal interface IAddressState : IDisposable
{
    /// <summary>What kind, and where: <c>host-local in /var/lib/cni/networks/pods</c>.</summary>
    string Description { get; }

    /// <summary>What there is to hand out; parts (blocks) after the stock they belong to, if wanted.</summary>
    IReadOnlyList<Stock> Stocks(bool parts);

    /// <summary>Every address that is taken, in order.</summary>
    IReadOnlyList<Holding> Holdings();

    /// <summary>Everything that should not be so, given what lives on this node.</summary>
    IReadOnlyList<Problem> Check(LivingAttachments living);

    /// <summary>Gives an address back, whoever has it; false when nobody has.</summary>
    bool Release(IpAddress address);

    /// <summary>Takes a problem away that is still as it was found; false when it is not any more.</summary>
    bool Release(Problem problem);
}
