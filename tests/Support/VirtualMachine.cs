namespace CniPlugins.Tests.Support;

/// <summary>A throw-away virtual machine with Debian's kernel (tests/vmlab), for what this machine's kernel does not have.</summary>
internal static class VirtualMachine
{
    // An emulated processor beside other work; vmlab's own limit for the script comes first and says where it was.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    /// <summary>Runs a script of tests/Vm with our executables in /opt/cni/bin; attach.sh, which some source, lies beside it.</summary>
    /// <param name="script">The script.</param>
    /// <param name="options">More of vmlab's.</param>
    public static ToolResult Run(string script, params string[] options)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CNI_PLUGINS_VM") == "1", "no virtual machine: qemu-system-x86 or a kernel package is missing");
        var root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        return Tool.Try(
            Path.Combine(root, "tests", "vmlab"),
            [
                .. options, "-f", $"{CniCall.OurBin}:/opt/cni/bin", "-f", $"{Path.Combine(root, "tests", "Vm", script)}:/test.sh",
                "-f", $"{Path.Combine(root, "tests", "Vm", "attach.sh")}:/attach.sh",
                "--", "bash", "/test.sh",
            ],
            input: null,
            environment: null,
            Limit);
    }
}
