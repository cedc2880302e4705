using System.Text;

namespace CniPlugins.Nftables;

/// <summary>What the kernel keeps with rules and elements without reading it: records of type, length and bytes (libnftnl/udata.h).</summary>
internal static class Userdata
{
    /// <summary>NFT_USERDATA_MAXLEN.</summary>
    public const int MaxLength = 256;

    // NFTNL_UDATA_RULE_COMMENT and NFTNL_UDATA_SET_ELEM_COMMENT.
    private const byte Comment = 0;

    // Ours, far above the types that nft has given meanings to; nft skips what it does not know.
    private const byte Private = 0x40;

    public static byte[] Write(string? comment, byte[]? @private)
    {
        byte[] text = comment is null ? [] : [.. Encoding.UTF8.GetBytes(comment), 0];
        var length = (text.Length == 0 ? 0 : 2 + text.Length) + (@private is null ? 0 : 2 + @private.Length);
        if (length > MaxLength)
            throw new ArgumentException($"a comment and what goes with it must fit into {MaxLength} bytes, not {length}", nameof(comment));

        var bytes = new List<byte>(length);
        if (text.Length > 0)
            bytes.AddRange([Comment, (byte)text.Length, .. text]);
        if (@private is not null)
            bytes.AddRange([Private, (byte)@private.Length, .. @private]);
        return [.. bytes];
    }

    public static (string? Comment, byte[]? Private) Read(ReadOnlySpan<byte> bytes)
    {
        var (hasComment, hasPrivate) = Split(bytes, out var comment, out var @private);
        return (hasComment ? Encoding.UTF8.GetString(comment) : null, hasPrivate ? @private.ToArray() : null);
    }

    /// <summary>What somebody says to both records, without a copy of them.</summary>
    public static bool IsChosen(ReadOnlySpan<byte> bytes, ElementChoice choice)
    {
        _ = Split(bytes, out var comment, out var @private);
        return choice(comment, @private);
    }

    private static (bool HasComment, bool HasPrivate) Split(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> comment, out ReadOnlySpan<byte> @private)
    {
        var (hasComment, hasPrivate) = (false, false);
        comment = @private = [];
        while (bytes.Length >= 2 && bytes[1] <= bytes.Length - 2)
        {
            var value = bytes.Slice(2, bytes[1]);
            if (bytes[0] == Comment)
            {
                hasComment = true;
                comment = value.TrimEnd((byte)0);
            }
            else if (bytes[0] == Private)
            {
                hasPrivate = true;
                @private = value;
            }

            bytes = bytes[(2 + value.Length)..];
        }

        return (hasComment, hasPrivate);
    }
}
