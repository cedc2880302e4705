using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace CniPlugins.Digest;

/// <summary>Digests that OpenSSL computes: for the executables that have it inside. <see cref="Sha512"/> needs none, and is what all others use.</summary>
internal static class OpenSslDigest
{
    /// <summary>SHA-3 with 256 bits (FIPS 202), of a text in UTF-8.</summary>
    public static byte[] Sha3(string text) => SHA3_256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>SHA-256 of a text, in lower-case hexadecimal digits.</summary>
    public static string Sha256Hex(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>SHA-1 of a text, in lower-case hexadecimal digits: for names that others compute the same way, never against anybody.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "A name that Felix computes too.")]
    public static string Sha1Hex(string text) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
}
