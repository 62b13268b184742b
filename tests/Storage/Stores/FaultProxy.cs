using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace Fulgurite.Tests.Storage.Stores;

/// <summary>What happens to a request.</summary>
public enum Fault
{
    None,

    /// <summary>The connection breaks before the store sees the request.</summary>
    DropRequest,

    /// <summary>The store handles the request, then the connection breaks.</summary>
    DropResponse,

    /// <summary>The store handles the request; the connection breaks in the middle of the body of the response.</summary>
    TruncateResponse,

    /// <summary>Half of the body of the response comes, and the rest does not, until the proxy is restarted or disposed.</summary>
    StallResponse,
    InternalError,
    ServiceUnavailable,

    /// <summary>The answer of the store to a body that does not fit its checksum.</summary>
    BadChecksum,
    ExpiredCredentials,

    /// <summary>No answer comes, until the proxy is restarted or disposed.</summary>
    Delay,

    /// <summary>A bit of the body of the request changes on its way.</summary>
    CorruptRequest,

    /// <summary>Half of the body of the request arrives.</summary>
    TruncateRequest,

    /// <summary>A bit of the body of the response changes on its way.</summary>
    CorruptResponse,

    /// <summary>The store answers with the checksum of another object.</summary>
    WrongStoredChecksum,
}

/// <summary>
/// Passes requests to a store, and does to some of them what networks and stores do. It verifies CRC-32 as S3 does, which moto and s3rver
/// do not: of every part, and of the whole object when its upload is completed.
/// </summary>
public sealed class FaultProxy : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false });
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Uri _store;
    private readonly ConcurrentDictionary<(string Upload, int Part), byte[]> _parts = new();
    private TaskCompletionSource _delay = NewGate();
    private volatile TaskCompletionSource? _gate;
    private int _count;

    public FaultProxy(Uri store)
    {
        _store = store;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>Gets or sets the fault of a request; it gets its number, from 0, and its method and path.</summary>
    public Func<int, string, Fault> Choose { get; set; } = (_, _) => Fault.None;

    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Starts counting requests anew.</summary>
    public void Restart(Func<int, string, Fault> choose)
    {
        _requests.Clear();
        _count = 0;
        Choose = choose;
        Interlocked.Exchange(ref _delay, NewGate()).SetResult();
    }

    /// <summary>Holds back all requests until the returned gate is opened.</summary>
    public TaskCompletionSource Close() => _gate = NewGate();

    /// <summary>Opens the gate again.</summary>
    public void Open()
    {
        var gate = _gate;
        _gate = null;
        gate?.TrySetResult();
    }

    public void Dispose()
    {
        _delay.TrySetResult();
        _gate?.TrySetResult();
        _listener.Abort();
        _client.Dispose();
    }

    private static TaskCompletionSource NewGate() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = HandleAsync(await _listener.GetContextAsync());
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
        {
        }
    }

    private async Task HandleAsync(HttpListenerContext context)
    {
        try
        {
            var name = $"{context.Request.HttpMethod} {context.Request.RawUrl}";
            _requests.Enqueue(name);
            var fault = Choose(Interlocked.Increment(ref _count) - 1, name);
            if (_gate is { } gate)
            {
                await gate.Task;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            await AnswerAsync(context, body.ToArray(), fault);
        }
        catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or HttpRequestException
            or IOException or InvalidOperationException)
        {
            Break(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, byte[] body, Fault fault)
    {
        switch (fault)
        {
            case Fault.DropRequest:
                Break(context);
                return;
            case Fault.Delay:
                await _delay.Task;
                Break(context);
                return;
            case Fault.CorruptRequest when body.Length > 0:
                body[body.Length / 2] ^= 4;
                break;
            case Fault.TruncateRequest:
                body = body[..(body.Length / 2)];
                break;
            case Fault.InternalError:
                await RefuseAsync(context, 500, "InternalError");
                return;
            case Fault.ServiceUnavailable:
                await RefuseAsync(context, 503, "SlowDown");
                return;
            case Fault.BadChecksum:
                await RefuseAsync(context, 400, context.Request.Headers["x-ms-version"] is null ? "BadDigest" : "Md5Mismatch");
                return;
            case Fault.ExpiredCredentials:
                await RefuseAsync(
                    context, context.Request.Headers["x-ms-version"] is null ? 400 : 403,
                    context.Request.Headers["x-ms-version"] is null ? "ExpiredToken" : "AuthenticationFailed");
                return;
        }

        if (!IsWhole(context.Request, body))
        {
            await RefuseAsync(context, 400, "BadDigest");
            return;
        }

        using var response = await _client.SendAsync(Copy(context.Request, body), HttpCompletionOption.ResponseContentRead);
        var answer = await response.Content.ReadAsByteArrayAsync();
        if (fault == Fault.DropResponse)
        {
            Break(context);
            return;
        }

        if (fault == Fault.CorruptResponse && answer.Length > 0)
        {
            answer[answer.Length / 2] ^= 4;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not ("Transfer-Encoding" or "Content-Length" or "Connection" or "Keep-Alive" or "Date" or "Server"))
            {
                context.Response.Headers[name] = string.Join(',', values);
            }
        }

        // As S3 does, and moto does not.
        if (context.Request.QueryString.GetValues(null)?.Contains("uploads") == true
            && context.Request.Headers["x-amz-checksum-type"] is { } type)
        {
            context.Response.Headers["x-amz-checksum-type"] = type;
        }

        if (fault == Fault.WrongStoredChecksum)
        {
            foreach (var name in new[] { "x-amz-checksum-crc32", "x-ms-meta-fulgurite_crc32" }.Where(
                name => context.Response.Headers[name] is not null))
            {
                context.Response.Headers[name] = name.StartsWith("x-ms", StringComparison.Ordinal) ? "00c0ffee" : "AMD/7g==";
            }
        }

        // A response to HEAD states the length of a body that does not follow.
        context.Response.ContentLength64 = context.Request.HttpMethod == "HEAD"
            ? response.Content.Headers.ContentLength ?? 0
            : answer.Length;
        if (context.Request.HttpMethod == "HEAD")
        {
            context.Response.Close();
            return;
        }

        await context.Response.OutputStream.WriteAsync(
            answer.AsMemory(0, fault is Fault.TruncateResponse or Fault.StallResponse ? answer.Length / 2 : answer.Length));
        if (fault is Fault.TruncateResponse or Fault.StallResponse)
        {
            await context.Response.OutputStream.FlushAsync();
            await (fault == Fault.StallResponse ? _delay.Task : Task.CompletedTask);
            Break(context);
            return;
        }

        context.Response.Close();
    }

    private bool IsWhole(HttpListenerRequest request, byte[] body)
    {
        var (upload, part) = (request.QueryString["uploadId"], request.QueryString["partNumber"]);
        if (upload is not null && part is not null)
        {
            _parts[(upload, int.Parse(part, CultureInfo.InvariantCulture))] = body;
        }

        if (request.Headers["x-amz-checksum-crc32"] is not { } expected)
        {
            return true;
        }

        var found = new System.IO.Hashing.Crc32();
        var whole = upload is null || part is not null
            ? [body]
            : _parts.Where(entry => entry.Key.Upload == upload).OrderBy(entry => entry.Key.Part).Select(entry => entry.Value);
        foreach (var bytes in whole)
        {
            found.Append(bytes);
        }

        Span<byte> text = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(text, found.GetCurrentHashAsUInt32());
        return string.Equals(expected, Convert.ToBase64String(text), StringComparison.Ordinal);
    }

    private HttpRequestMessage Copy(HttpListenerRequest request, byte[] body)
    {
        var url = new Uri(
            _store.GetLeftPart(UriPartial.Authority) + request.RawUrl,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var copy = new HttpRequestMessage(new HttpMethod(request.HttpMethod), url) { Content = new ByteArrayContent(body) };
        foreach (var name in request.Headers.AllKeys.OfType<string>().Where(
            name => name is not ("Content-Length" or "Connection" or "Expect" or "Transfer-Encoding")))
        {
            if (!copy.Headers.TryAddWithoutValidation(name, request.Headers[name]))
            {
                copy.Content.Headers.TryAddWithoutValidation(name, request.Headers[name]);
            }
        }

        return copy;
    }

    private static async Task RefuseAsync(HttpListenerContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        if (context.Request.HttpMethod != "HEAD")
        {
            var text = System.Text.Encoding.UTF8.GetBytes(
                $"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
            context.Response.ContentType = "application/xml";
            context.Response.ContentLength64 = text.Length;
            await context.Response.OutputStream.WriteAsync(text);
        }

        context.Response.Close();
    }

    /// <summary>Resets the connection. The listener has no method for it: <c>Abort</c> still sends the headers, as of a success.</summary>
    private static void Break(HttpListenerContext context)
    {
        const BindingFlags hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
        try
        {
            var connection = context.GetType().GetProperty("Connection", hidden)!.GetValue(context)!;
            ((Socket)connection.GetType().GetField("_socket", hidden)!.GetValue(connection)!).Close(0);
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
