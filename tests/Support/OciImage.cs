using System.Formats.Tar;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CniPlugins.Tests.Support;

/// <summary>A container image out of Debian's busybox-static: a web server that tells every client which address it came from.</summary>
/// <remarks>Layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md</remarks>
internal static class OciImage
{
    public const string Name = "localhost/pod:1";

    private const string Busybox = "/bin/busybox";

    /// <summary>Writes the image as a tar archive that <c>ctr images import</c> reads.</summary>
    public static void Write(string file)
    {
        Assert.SkipUnless(File.Exists(Busybox), "there is no busybox: package busybox-static");
        using var output = new TarWriter(File.Create(file), TarEntryFormat.Pax);
        var layer = Blob(output, Layer());
        var config = Blob(output, Encoding.UTF8.GetBytes(
            $$$"""
            {"architecture":"{{{Architecture}}}","os":"linux","rootfs":{"type":"layers","diff_ids":["{{{layer.Digest}}}"]},
             "config":{"Env":["PATH=/bin"],"Cmd":["httpd","-f","-p","80","-h","/www"]}}
            """));
        var manifest = Blob(output, Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
             "config":{{Descriptor("config.v1+json", config)}},"layers":[{{Descriptor("layer.v1.tar", layer)}}]}
            """));
        Add(output, "oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray());
        Add(output, "index.json", Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"manifests":[{{Descriptor("manifest.v1+json", manifest, $$""","annotations":{"io.containerd.image.name":"{{Name}}"}""")}}]}"""));
    }

    /// <summary>Asks such a web server; busybox's wget looks for the C library's plug-ins in the image and dies.</summary>
    public static string[] Ask(string address, int port) => ["sh", "-c", $"echo 'GET /cgi-bin/who HTTP/1.0\n' | busybox nc -w 5 {address} {port}"];

    /// <summary>The client's address in an answer; an IPv4 address may come mapped into IPv6.</summary>
    public static string ClientSeen(string answer)
    {
        Assert.Contains("client ", answer, StringComparison.Ordinal);
        return System.Net.IPAddress.Parse(answer[(answer.IndexOf("client ", StringComparison.Ordinal) + 7)..].Trim().Replace("::ffff:", "", StringComparison.Ordinal).Trim('[', ']')).ToString();
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static byte[] Layer()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var directory in (string[])["bin", "dev", "etc", "proc", "sys", "tmp", "www", "www/cgi-bin"])
                tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, directory) { Mode = Executable });
            Add(tar, "bin/busybox", File.ReadAllBytes(Busybox));
            foreach (var applet in (string[])["cat", "echo", "hostname", "httpd", "ip", "nc", "ping", "sh", "sleep", "wget"])
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" });
            Add(tar, "www/cgi-bin/who", "#!/bin/sh\necho\necho \"client $REMOTE_ADDR\"\n"u8.ToArray());
        }

        return bytes.ToArray();
    }

    private static UnixFileMode Executable => (UnixFileMode)0b111_101_101;

    private static (string Digest, int Size) Blob(TarWriter output, byte[] content)
    {
        var hex = Convert.ToHexStringLower(SHA256.HashData(content));
        Add(output, $"blobs/sha256/{hex}", content);
        return ($"sha256:{hex}", content.Length);
    }

    private static void Add(TarWriter output, string name, byte[] content)
    {
        using var stream = new MemoryStream(content);
        output.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = Executable, DataStream = stream });
    }

    private static string Descriptor(string kind, (string Digest, int Size) blob, string more = "") =>
        $$"""{"mediaType":"application/vnd.oci.image.{{kind}}","digest":"{{blob.Digest}}","size":{{blob.Size}}{{more}}}""";
}
