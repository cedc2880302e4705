using CniPlugins.Cni;
using CniPlugins.Ipam.Blocks.Datastores;
using CniPlugins.Ipam.Blocks.Datastores.Local;
using CniPlugins.Ipam.Blocks.Model;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Datastores;

/// <summary>The embedded datastore: files that people can read and nobody else may.</summary>
public sealed class LocalDatastoreTests : DatastoreContract, IDisposable
{
    private static readonly HandleKey Handle = new("net.c1");

    private readonly string _directory = Directory.CreateTempSubdirectory("cni-local-").FullName;

    private protected override IDatastore Store => new LocalDatastore(Root);

    private string Root => $"{_directory}/calico";

    private string HandleFile => $"{Root}/ipam/v2/handle/net.c1";

    [Fact]
    public void Files_hold_Calicos_JSON_under_Calicos_names_for_root_alone()
    {
        Store.Create(new BlockKey(Six), BlockOf(Six), Soon);
        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
        Assert.Equal("{\"block\":{\"10.0.0.0/26\":1},\"deleted\":false}\n", File.ReadAllText(HandleFile));
        Assert.StartsWith("{\"cidr\":\"fd80:24e2:f998:72d6::/122\"", File.ReadAllText($"{Root}/ipam/v2/assignment/ipv6/block/fd80:24e2:f998:72d6::-122"), StringComparison.Ordinal);
        foreach (var path in Directory.EnumerateFileSystemEntries(Root, "*", SearchOption.AllDirectories).Prepend(Root))
            Assert.Equal(Directory.Exists(path) ? "700" : "600", Tool.Run("stat", "-c", "%a", path).Trim());
    }

    [Fact]
    public void This_machine_is_a_node_without_a_file_and_can_be_given_labels()
    {
        var key = new NodeKey("node-a");
        var seen = Store.Find(key, Soon)!;
        Assert.Empty(seen.As<ClusterNode>().Labels);
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["rack"] = "r1" };
        Store.Update(seen, new ClusterNode(new Metadata("node-a") { Labels = labels }), Soon);
        Assert.Equal("r1", Store.Find(key, Soon)!.As<ClusterNode>().Labels["rack"]);
        Assert.Equal(DatastoreFailure.RevisionConflict, FailureOf(() => Store.Update(seen, new ClusterNode(new Metadata("node-a")), Soon)));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("100%")]
    [InlineData(".new")]
    public void A_name_that_is_no_files_stays_inside(string name)
    {
        var key = new HandleKey(name);
        Store.Create(key, BlockHandle.Of(First, 1), Soon);
        Assert.Equal(key, Assert.Single(Store.List(new AllHandles(), Soon)).Key);
        Assert.Single(Directory.GetFiles($"{Root}/ipam/v2/handle"));
        Store.Delete(Store.Find(key, Soon)!, Soon);
        Assert.Empty(Directory.GetFiles($"{Root}/ipam/v2/handle"));
    }

    [Fact]
    public void Symbolic_links_are_not_followed()
    {
        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
        var elsewhere = $"{_directory}/elsewhere";
        File.WriteAllText(elsewhere, "{\"block\":{},\"deleted\":false}");
        File.Delete(HandleFile);
        File.CreateSymbolicLink(HandleFile, elsewhere);
        var error = Assert.Throws<DatastoreException>(() => Store.Find(Handle, Soon));
        Assert.Equal(DatastoreFailure.Refused, error.Failure);
        Assert.Contains("handle/net.c1", error.Message, StringComparison.Ordinal);
        Assert.Contains("ELOOP; symbolic links are not followed", error.Details, StringComparison.Ordinal);

        File.Delete(HandleFile);
        File.CreateSymbolicLink($"{Root}/.new", elsewhere);
        Assert.Throws<DatastoreException>(() => Store.Create(Handle, BlockHandle.Of(First, 1), Soon));
        Assert.Equal("{\"block\":{},\"deleted\":false}", File.ReadAllText(elsewhere));
    }

    [Fact]
    public void What_a_killed_writer_left_is_in_nobodys_way()
    {
        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
        File.WriteAllText($"{Root}/.new", "{\"half");
        Store.Update(Store.Find(Handle, Soon)!, BlockHandle.Of(First, 2), Soon);
        Assert.Equal(2, Store.Find(Handle, Soon)!.As<BlockHandle>().CountIn(First));
        Assert.False(File.Exists($"{Root}/.new"));
    }

    [Fact]
    public void An_empty_file_is_what_a_power_loss_left_of_nothing()
    {
        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
        File.WriteAllText(HandleFile, "");
        Assert.Null(Store.Find(Handle, Soon));
        Assert.Empty(Store.List(new AllHandles(), Soon));
        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
    }

    [Fact]
    public void A_lock_that_is_held_is_waited_for_until_the_deadline()
    {
        Store.Create(new HandleKey("net.c0"), BlockHandle.Of(First, 1), Soon);
        using (FileLock.Take($"{Root}/lock", 0x180, TimeSpan.Zero))
        {
            var error = Assert.Throws<DatastoreException>(() => Store.Create(Handle, BlockHandle.Of(First, 1), Deadline.After(TimeSpan.FromMilliseconds(100))));
            Assert.Equal((DatastoreFailure.Unavailable, CniErrorCode.TryAgainLater), (error.Failure, error.Code));
            Assert.NotNull(Store.Find(new HandleKey("net.c0"), Soon)); // readers need none
        }

        Store.Create(Handle, BlockHandle.Of(First, 1), Soon);
    }

    [Fact]
    public void A_full_file_system_is_said_and_leaves_the_old()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_SANDBOX") == "1", "needs a private mount namespace: run scripts/test.sh");
        Directory.CreateDirectory(Root);
        Tool.Run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", Root);
        try
        {
            Store.Create(new BlockKey(First), BlockOf(First), Soon);
            Tool.Try("dd", "if=/dev/zero", $"of={Root}/filler", "bs=4k");
            var error = Assert.Throws<DatastoreException>(() => Store.Update(Store.Find(new BlockKey(First), Soon)!, BlockOf(First) with { Affinity = "host:b" }, Soon));
            Assert.Equal(DatastoreFailure.Refused, error.Failure);
            Assert.Contains("ENOSPC", error.Details, StringComparison.Ordinal);
            Assert.Equal("host:node-a", Store.Find(new BlockKey(First), Soon)!.As<Block>().Affinity);
            File.Delete($"{Root}/filler");
            Store.Update(Store.Find(new BlockKey(First), Soon)!, BlockOf(First) with { Affinity = "host:b" }, Soon);
        }
        finally
        {
            Tool.Run("umount", Root);
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private protected override void Corrupt(Key key, string text) => File.WriteAllText(new LocalPath(Root).Of(key), text);
}
