using System.Globalization;
using System.Text.Json;
using CniPlugins.Ipam.Blocks.Placement;
using CniPlugins.Net;

namespace CniPlugins.Tests.Unit;

/// <summary>Which block a host tries first is upstream's choice, bit for bit; the numbers come from Go.</summary>
public sealed class BlocksPlacementTests
{
    private const int Words = 607;

    public static TheoryData<string> Hosts()
    {
        var data = new TheoryData<string>();
        foreach (var host in Vectors())
            data.Add(host.GetProperty("host").GetString()!);
        return data;
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public void A_host_begins_where_upstream_begins(string host)
    {
        var vector = Vectors().Single(v => v.GetProperty("host").GetString() == host);
        Assert.Equal(vector.GetProperty("seed").GetUInt32(), BlockOrder.Fnv1(host));
        foreach (var pool in vector.GetProperty("first").EnumerateObject())
        {
            var words = pool.Name.Split(" bs");
            var (cidr, size) = (Cidr.Parse(words[0]), int.Parse(words[1]));
            var order = new BlockOrder(cidr, size, host, now: 0);
            Assert.Equal(pool.Value[1].GetString(), order.At(0).ToString());
            var index = (order.At(0).First.Value - cidr.First.Value) >> (cidr.Address.Bits - size);
            Assert.Equal(UInt128.Parse(pool.Value[0].GetString()!, CultureInfo.InvariantCulture), index);
            Assert.Equal((UInt128)1 % order.Count, order.TurnOf(order.At(1)));
        }
    }

    [Theory]
    [InlineData("10.10.0.0/24", 26, 4)]
    [InlineData("fd80:24e2:f998:72d6::/120", 122, 4)]
    [InlineData("10.10.0.0/16", 20, 16)]
    [InlineData("fd80:24e2:f998:72d6::/114", 116, 4)]
    [InlineData("10.10.0.0/24", 32, 256)]
    [InlineData("fd80:24e2:f998:72d6::/120", 128, 256)]
    public void Every_block_of_a_pool_has_one_turn(string pool, int size, int count)
    {
        var order = new BlockOrder(Cidr.Parse(pool), size, "testHost", now: 1_782_900_000_000_000_123);
        Assert.Equal((UInt128)count, order.Count);
        var blocks = Enumerable.Range(0, count).Select(turn => order.At((UInt128)turn)).ToList();
        Assert.Equal(count, blocks.Distinct().Count());
        Assert.All(blocks, block => Assert.True(Cidr.Parse(pool).Contains(block.First) && Cidr.Parse(pool).Contains(block.Last)));
        Assert.All(blocks, block => Assert.Equal(block, order.At(order.TurnOf(block))));
    }

    [Theory]
    [InlineData(0L, "8717895732742165505 2259404117704393152 6050128673802995827", "4059586549 1052117029 2817310706 233405013 1578775030 1243308993")]
    [InlineData(1L, "5577006791947779410 8674665223082153551 15352856648520921629", "2596996162 4039455774 2854263694 1879968118 1823804162 2949882636")]
    [InlineData(42L, "12663951391086054483 9832119173398632219 5571782338101878760", "1602144611 283469975 2594563336 896869500 188198846 1645802691")]
    [InlineData(-1L, "12868334305193165484 9773543399016688047 3094056749125766625", "1697317822 256193504 1440782448 2414742152 2469727486 1343464692")]
    [InlineData(2147483647L, "8717895732742165505 2259404117704393152 6050128673802995827", "4059586549 1052117029 2817310706 233405013 1578775030 1243308993")]
    [InlineData(2147483646L, "12868334305193165484 9773543399016688047 3094056749125766625", "1697317822 256193504 1440782448 2414742152 2469727486 1343464692")]
    [InlineData(4294967295L, "5577006791947779410 8674665223082153551 15352856648520921629", "2596996162 4039455774 2854263694 1879968118 1823804162 2949882636")]
    [InlineData(2166136261L, "9308832866988460814 8565229516350082626 14233721576280576142", "39795800 3988495802 2333125816 2754122452 2652432655 2214093918")]
    public void Random_numbers_are_Gos(long seed, string words, string halves)
    {
        var first = new GoRandom(seed);
        Assert.Equal(words, string.Join(' ', Enumerable.Range(0, 3).Select(_ => first.NextWord())));
        var second = new GoRandom(seed);
        Assert.Equal(halves, string.Join(' ', Enumerable.Range(0, 6).Select(_ => second.NextHalf())));
    }

    [Theory]
    [InlineData("", 2166136261)]
    [InlineData("a", 84696446)]
    [InlineData("test-host", 1779102516)]
    [InlineData("host-a", 1258779341)]
    public void The_hash_is_FNV_1_and_not_1a(string text, uint hash) => Assert.Equal(hash, BlockOrder.Fnv1(text));

    [Fact]
    public void The_constant_state_is_what_the_recurrence_gives_after_7_8e12_steps()
    {
        // The generator starts from a simpler mixture than GoRandom's; s[t] = s[t-607] + s[t-273].
        var x = 1L;
        var start = new ulong[Words];
        for (var i = -20; i < Words; i++)
        {
            x = x * 48271 % int.MaxValue;
            if (i < 0)
                continue;
            var word = (ulong)x << 20;
            word ^= (ulong)(x = x * 48271 % int.MaxValue) << 10;
            start[i] = word ^ (ulong)(x = x * 48271 % int.MaxValue);
        }

        const long Steps = 7_800_000_000_000;
        var sequence = new ulong[3 * Words];
        for (var t = -606; t <= 0; t++)
            sequence[t + 606] = start[Position(t)];
        for (var i = Words; i < sequence.Length; i++)
            sequence[i] = unchecked(sequence[i - 607] + sequence[i - 273]);
        var power = PowerOfX(Steps);
        for (var k = 0; k < Words; k++)
        {
            var sum = 0UL;
            for (var i = 0; i < Words; i++)
                sum = unchecked(sum + (power[i] * sequence[k + i]));
            Assert.Equal(sum, AdvancedState.Words[Position(Steps - 606 + k)]);
        }
    }

    private static int Position(long t) => (int)(((334 - t) % Words + Words) % Words);

    /// <summary>x^n modulo x^607 − x^334 − 1, coefficients modulo 2^64.</summary>
    private static ulong[] PowerOfX(long n)
    {
        var result = new ulong[Words];
        result[0] = 1;
        for (var bit = 63 - (int)long.LeadingZeroCount(n); bit >= 0; bit--)
        {
            result = Reduce(Square(result));
            if (((n >> bit) & 1) == 1)
                result = Reduce([0, .. result]);
        }

        return result;
    }

    private static ulong[] Square(ulong[] a)
    {
        var product = new ulong[(2 * Words) - 1];
        for (var i = 0; i < Words; i++)
        {
            for (var j = 0; j < Words; j++)
                product[i + j] = unchecked(product[i + j] + (a[i] * a[j]));
        }

        return product;
    }

    private static ulong[] Reduce(ulong[] a)
    {
        for (var i = a.Length - 1; i >= Words; i--)
        {
            a[i - Words] = unchecked(a[i - Words] + a[i]);
            a[i - Words + 334] = unchecked(a[i - Words + 334] + a[i]);
        }

        return a[..Words];
    }

    private static List<JsonElement> Vectors()
    {
        var file = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "tests", "Data", "blocks", "placement.json"));
        return JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.EnumerateArray().ToList();
    }
}
