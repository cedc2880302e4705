using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CniPlugins.Linux;
using CniPlugins.Tests.Support;

namespace CniPlugins.Tests.Plugins;

/// <summary>
/// A client that keeps sending from one port while the pod behind the host port is replaced: what the kernel remembers of the old pod, or of the
/// moment without any, must not outlive it.
/// </summary>
public sealed class UdpPortTests
{
    [Theory]
    [InlineData("", "192.0.2.1")]
    [InlineData("", "2001:db8:1::1")]
    [InlineData("iptables", "192.0.2.1")]
    [InlineData("iptables", "2001:db8:1::1")]
    public void Datagrams_follow_a_host_port_to_its_next_pod(string backend, string address)
    {
        using var network = new MatrixNetwork(new MatrixSetting("bridge", 0, Hairpin: false), bin: null, backend);
        var (runtime, conf) = (network.Runtime, network.NetworkA);
        var (first, second) = (network.AddPod(), network.AddPod());
        using var firstServer = new ProbeServer(first, "first", [80]);
        using var secondServer = new ProbeServer(second, "second", [80]);
        runtime.Add(conf, "first", first.Path, PortNetwork.Ports(9000));

        using var client = new Sender(network.Remote, new IPEndPoint(IPAddress.Parse(address), 9000));
        client.AwaitAnswer();
        runtime.Del(conf, "first", first.Path, PortNetwork.Ports(9000));
        var deleted = Stopwatch.GetTimestamp();
        Thread.Sleep(100); // the moment without a pod, which one datagram a second mostly misses
        runtime.Add(conf, "second", second.Path, PortNetwork.Ports(9000));
        var added = Stopwatch.GetTimestamp();
        Thread.Sleep(300);
        var answers = client.Stop();

        Assert.All(answers.Where(datagram => datagram.SentAt > deleted && datagram.SentAt < added), datagram => Assert.NotEqual("first", datagram.Answer));
        Assert.Contains(answers, datagram => datagram.SentAt > added);
        Assert.All(answers.Where(datagram => datagram.SentAt > added), datagram => Assert.Equal("second", datagram.Answer));
    }

    /// <summary>Sends numbered datagrams from one port every ten milliseconds, in the background, and notes who answered which.</summary>
    private sealed class Sender : IDisposable
    {
        private readonly Socket _socket;
        private readonly Thread _thread;
        private readonly List<(long SentAt, string Answer)> _sent = [];
        private readonly ManualResetEventSlim _answered = new();
        private volatile bool _stop;

        public Sender(Netns from, IPEndPoint target)
        {
            _socket = from.Run(() => Probe.CreateSocket(target.AddressFamily, SocketType.Dgram));
            _thread = new Thread(() => Work(target));
            _thread.Start();
        }

        /// <summary>Waits until somebody answers.</summary>
        public void AwaitAnswer() => Assert.True(_answered.Wait(TimeSpan.FromSeconds(10)), "nobody answers");

        /// <summary>Waits for the answers that are still on their way; what was never answered has the answer "".</summary>
        public IReadOnlyList<(long SentAt, string Answer)> Stop()
        {
            _stop = true;
            _thread.Join();
            return _sent;
        }

        public void Dispose()
        {
            Stop();
            _socket.Dispose();
            _answered.Dispose();
        }

        private void Work(IPEndPoint target)
        {
            while (!_stop)
            {
                _sent.Add((Stopwatch.GetTimestamp(), ""));
                _socket.SendTo(Encoding.ASCII.GetBytes($" {_sent.Count - 1}"), target);
                Receive(TimeSpan.FromMilliseconds(10));
            }

            // They come in order; a busy machine answers late.
            for (var patience = 0; patience < 100 && _sent[^1].Answer.Length == 0; patience++)
                Receive(TimeSpan.FromMilliseconds(50));
        }

        private void Receive(TimeSpan time)
        {
            var buffer = new byte[100];
            var start = Stopwatch.GetTimestamp();
            while (time - Stopwatch.GetElapsedTime(start) is { Ticks: > 0 } left && _socket.Poll(left, SelectMode.SelectRead))
            {
                var words = Encoding.ASCII.GetString(buffer, 0, _socket.Receive(buffer)).Split(' ');
                var number = int.Parse(words[^1]);
                _sent[number] = _sent[number] with { Answer = words[0] };
                _answered.Set();
            }
        }
    }
}
