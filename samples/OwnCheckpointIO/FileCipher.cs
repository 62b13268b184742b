using System.Security.Cryptography;
using Fulgurite;

namespace OwnCheckpointIO;

/// <summary>Encrypts and authenticates whole files with AES-256-GCM. A file consists of nonce, tag and ciphertext.</summary>
internal sealed class FileCipher
{
    private const int KeyBytes = 32;
    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;
    private readonly byte[] _key;

    private FileCipher(byte[] key) => _key = key;

    public static FileCipher WithKeyOf(string? keyFile)
    {
        var key = File.ReadAllBytes(keyFile ?? throw new ArgumentNullException(nameof(keyFile)));
        return key.Length == KeyBytes
            ? new FileCipher(key)
            : throw new ArgumentException(
                $"The key file '{keyFile}' has {key.Length} bytes; a key has {KeyBytes}. Make one: "
                    + $"openssl rand -out '{keyFile}' {KeyBytes}",
                nameof(keyFile));
    }

    public byte[] Encrypt(ReadOnlySpan<byte> plain)
    {
        var file = new byte[NonceBytes + TagBytes + plain.Length];
        var (nonce, tag, content) = Parts(file);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, content, tag);
        return file;
    }

    public byte[] Decrypt(byte[] file, string path)
    {
        if (file.Length < NonceBytes + TagBytes)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{path}' has {file.Length} bytes, too few for an encrypted one. Load another one.", path);
        }

        var (nonce, tag, content) = Parts(file);
        var plain = new byte[content.Length];
        using var aes = new AesGcm(_key, TagBytes);
        try
        {
            aes.Decrypt(nonce, content, tag, plain);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw new CheckpointCorruptException(
                $"The checkpoint '{path}' was changed, or encrypted with another key. Give the key that it was saved with, "
                    + "or load another one.",
                path, exception);
        }

        return plain;
    }

    private static FileParts Parts(Span<byte> file) =>
        new(file[..NonceBytes], file.Slice(NonceBytes, TagBytes), file[(NonceBytes + TagBytes)..]);

    private readonly ref struct FileParts(Span<byte> nonce, Span<byte> tag, Span<byte> content)
    {
        private readonly Span<byte> _nonce = nonce;
        private readonly Span<byte> _tag = tag;
        private readonly Span<byte> _content = content;

        public void Deconstruct(out Span<byte> nonce, out Span<byte> tag, out Span<byte> content)
        {
            nonce = _nonce;
            tag = _tag;
            content = _content;
        }
    }
}
