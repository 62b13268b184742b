using System.ComponentModel.DataAnnotations;

namespace OwnCheckpointIO;

/// <summary>Options of <see cref="EncryptedCheckpointIO"/>.</summary>
public sealed class EncryptionOptions
{
    /// <summary>Gets or sets the path of the key, a file of 32 random bytes. Required.</summary>
    [Required]
    public string? KeyFile { get; set; }
}
