using System.ComponentModel.DataAnnotations;

namespace OwnCheckpointIO;

/// <summary>How an <see cref="EncryptedCheckpointIO"/> encrypts.</summary>
public sealed class EncryptionOptions
{
    /// <summary>A file of 32 random bytes, the key. Default: none, it must be given.</summary>
    [Required]
    public string? KeyFile { get; set; }
}
