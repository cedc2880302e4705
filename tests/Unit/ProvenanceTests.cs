using CniPlugins.Attachment;

namespace CniPlugins.Tests.Unit;

/// <summary>What nf_tables' elements remember of their making.</summary>
public sealed class ProvenanceTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(long.MaxValue, "/run/netns/cni-4af6cf5e-3d4a-4c0b-9b1e-2d0a1a8f3c11")]
    [InlineData(1, "/run/nétns/ü")]
    public void It_is_read_as_it_was_written(long created, string netns)
    {
        var provenance = new Provenance(created, netns);
        Assert.Equal(provenance, Provenance.Read(provenance.ToBytes()));
    }

    [Fact]
    public void A_path_without_room_is_left_out_and_nothing_at_all_is_as_old_as_can_be()
    {
        Assert.Equal(new Provenance(5, ""), Provenance.Read(new Provenance(5, new string('x', 111)).ToBytes()));
        Assert.Equal(new Provenance(0, ""), Provenance.Read(null));
        Assert.Equal(new Provenance(0, ""), Provenance.Read([1, 2, 3]));
    }
}
