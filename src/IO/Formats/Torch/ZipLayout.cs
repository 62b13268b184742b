namespace Fulgurite.IO;

/// <summary>Constants of the zip format, and the values common to all files written here.</summary>
internal static class ZipLayout
{
    /// <summary>The method of compressed entries.</summary>
    public const ushort Deflate = 8;

    public const uint LocalSignature = 0x04034B50;
    public const uint CentralSignature = 0x02014B50;
    public const uint EndSignature = 0x06054B50;
    public const uint End64Signature = 0x06064B50;
    public const uint Locator64Signature = 0x07064B50;

    public const int LocalLength = 30;
    public const int CentralLength = 46;
    public const int EndLength = 22;
    public const int End64Length = 56;
    public const int Locator64Length = 20;
    public const int MaxCommentLength = ushort.MaxValue;

    /// <summary>The extra field for sizes and offsets above 4 GiB.</summary>
    public const ushort Zip64Field = 0x0001;

    /// <summary>The extra field that PyTorch uses to pad headers for alignment.</summary>
    public const ushort PaddingField = 0x4246;

    public const int FieldHeaderLength = 4;

    public const ushort Version = 20;
    public const ushort Version64 = 45;

    /// <summary>The first date of the format; a constant date makes files reproducible.</summary>
    public const ushort Date = 0x0021;
}
