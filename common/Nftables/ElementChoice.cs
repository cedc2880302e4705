namespace CniPlugins.Nftables;

/// <summary>Chooses an element by its comment and its private bytes, both empty when it has none, before the rest of it is read.</summary>
internal delegate bool ElementChoice(ReadOnlySpan<byte> comment, ReadOnlySpan<byte> @private);
