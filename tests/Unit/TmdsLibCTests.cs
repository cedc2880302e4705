using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;
using Tmds.Linux;

namespace CniPlugins.Tests.Unit;

/// <summary>What common/Linux takes from Tmds.LibC is what a C compiler finds in the headers, and what patterns say.</summary>
public sealed partial class TmdsLibCTests
{
    private const BindingFlags Static = BindingFlags.Public | BindingFlags.Static;
    private const BindingFlags Instance = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;

    private static readonly string[] Headers =
    [
        "fcntl.h", "netinet/in.h", "poll.h", "sched.h", "signal.h", "sys/socket.h", "sys/stat.h", "sys/types.h", "time.h",
        "unistd.h",
    ];

    private static readonly string Source =
        string.Concat(Directory.EnumerateFiles(Floor(), "*.cs").Select(File.ReadAllText));

    [Fact]
    public void Its_constants_are_the_headers()
    {
        var used = typeof(LibC).GetProperties(Static)
            .Where(constant => constant.Name is not ("errno" or ['E', ..]) && IsUsed($@"{constant.Name}\b")).ToList();
        Assert.True(used.Count > 40, $"only {used.Count} constants");
        CHeaders.Compare(Headers, used.Select(constant => $"(long){constant.Name} == {Number(constant.GetValue(null)!)}"));
    }

    [Fact]
    public void Its_structs_lie_as_the_headers_say()
    {
        var used = new HashSet<Type> { typeof(flock) }; // which fcntl takes as void*
        var functions = typeof(LibC).GetMethods(Static).Where(function => IsUsed($@"{function.Name}\("));
        foreach (var function in functions.Concat(typeof(Libc).GetMethods(Static)))
        {
            Collect(function.ReturnType, used);
            foreach (var parameter in function.GetParameters())
                Collect(parameter.ParameterType, used);
        }

        Type[] known = [typeof(statx), typeof(statx_timestamp), typeof(pollfd), typeof(timespec), typeof(sigaction)];
        Assert.Superset(known.ToHashSet(), used);
        CHeaders.Compare(Headers, used.SelectMany(Claims));
    }

    [Fact]
    public void Every_errno_that_has_a_name_has_its_number_and_the_C_librarys_name()
    {
        foreach (var errno in Enum.GetValues<Errno>().Where(errno => errno != Errno.None))
        {
            Assert.Equal((int)errno, typeof(LibC).GetProperty(errno.ToString())?.GetValue(null));
            Assert.Equal(errno.ToString(), errno.Name());
        }
    }

    [Fact]
    public void An_errno_that_nothing_is_decided_by_has_its_name_too()
    {
        Assert.Equal("EMLINK", ((Errno)LibC.EMLINK).Name());
        Assert.Equal("999", ((Errno)999).Name());
    }

    /// <summary>Whether the floor has this of Tmds.LibC's, and not one of ours (<c>Libc.poll</c>).</summary>
    private static bool IsUsed(string pattern) => Regex.IsMatch(Source, $@"(?<![\w.]){pattern}");

    private static void Collect(Type type, HashSet<Type> types)
    {
        while (type.HasElementType)
            type = type.GetElementType()!;
        if (type.Namespace != typeof(LibC).Namespace || type.IsNested || !types.Add(type))
            return;
        foreach (var field in type.GetFields(Instance))
            Collect(field.FieldType, types);
    }

    private static IEnumerable<string> Claims(Type type)
    {
        var isScalar = type.Name.EndsWith("_t", StringComparison.Ordinal);
        var name = type.Name switch
        {
            "long_t" => "long",
            "ulong_t" => "unsigned long",
            _ => isScalar ? type.Name : $"struct {type.Name}",
        };
        yield return $"sizeof({name}) == {Marshal.SizeOf(type)}";
        foreach (var field in isScalar ? [] : type.GetFields(Instance))
        {
            var member = field.Name == "__handler" ? "sa_handler" : Backing().Replace(field.Name, "$1");
            if (!member.StartsWith('_'))
                yield return $"offsetof({name}, {member}) == {Marshal.OffsetOf(type, field.Name)}";
        }
    }

    private static unsafe long Number(object value) => value switch
    {
        mode_t mode => (ushort)mode,
        sa_family_t family => family,
        Pointer pointer => (long)Pointer.Unbox(pointer),
        _ => Convert.ToInt64(value, CultureInfo.InvariantCulture),
    };

    private static string Floor([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../common/Linux"));

    [GeneratedRegex("^<(.*)>k__BackingField$")]
    private static partial Regex Backing();
}
