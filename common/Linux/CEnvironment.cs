namespace CniPlugins.Linux;

/// <summary>The environment that C code in this process sees; .NET's own is a copy.</summary>
internal static class CEnvironment
{
    public static void Set(string name, string value) => _ = Libc.setenv(name, value, 1);
}
