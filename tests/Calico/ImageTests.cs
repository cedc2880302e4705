using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Calico;

/// <summary>The image that scripts/image.sh makes, in Debian's containerd: imported, and run as a node's init container.</summary>
public sealed class ImageTests : IDisposable
{
    private const string Name = "docker.io/library/cni-plugins:test";

    private readonly Machine _machine = new();
    private readonly Containerd _containerd;

    public ImageTests()
    {
        try
        {
            _containerd = new Containerd(_machine);
        }
        catch
        {
            _machine.Dispose();
            throw;
        }
    }

    [Fact]
    public void Containerd_takes_the_image_and_its_install_sets_a_node_up()
    {
        var archive = _machine.PathOf("suite.tar");
        var script = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "scripts", "image.sh"));
        Tool.Run("sh", script, archive, Name);
        var bytes = File.ReadAllBytes(archive);
        Tool.Run("sh", script, archive, Name);
        Assert.Equal(bytes, File.ReadAllBytes(archive));
        _containerd.Ctr($"images import --snapshotter native {archive}");
        Assert.Contains(Name, _containerd.Ctr("images ls --quiet"), StringComparison.Ordinal);

        foreach (var directory in new[] { "bin", "conf" })
            Directory.CreateDirectory(_machine.PathOf($"node/{directory}"));
        _machine.Run(
            "ctr", "--address", _containerd.Socket, "run", "--rm", "--net-host", "--snapshotter", "native", "--cgroup", $"/{_machine.Cgroup}/install",
            "--mount", $"type=bind,src={_machine.PathOf("node/bin")},dst=/host/opt/cni/bin,options=rbind:rw",
            "--mount", $"type=bind,src={_machine.PathOf("node/conf")},dst=/host/etc/cni/net.d,options=rbind:rw",
            "--env", "SLEEP=false", "--env", "KUBERNETES_NODE_NAME=node-7", "--env", "CNI_MTU=0", Name, "install");
        Assert.Contains("\"type\": \"calico\"", File.ReadAllText(_machine.PathOf("node/conf/10-calico.conflist")), StringComparison.Ordinal);
        var result = Tool.Try(_machine.PathOf("node/bin/calico"), [], [], new Dictionary<string, string> { ["CNI_COMMAND"] = "VERSION" });
        Assert.Contains("\"1.1.0\"", result.Output, StringComparison.Ordinal);
        Assert.Equal(Tool.Run("stat", "-c", "%i", _machine.PathOf("node/bin/bridge")), Tool.Run("stat", "-c", "%i", _machine.PathOf("node/bin/portmap")));
        Assert.False(File.Exists(_machine.PathOf("node/bin/install")));
    }

    public void Dispose() => _machine.Dispose();
}
