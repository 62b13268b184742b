namespace Fulgurite.IO;

/// <summary>Numbers of the zip format, and the choices that are the same in every file written here.</summary>
internal static class ZipLayout
{
    /// <summary>The method of entries that are compressed.</summary>
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

    /// <summary>The extra field that holds sizes and offsets above 4 GiB.</summary>
    public const ushort Zip64Field = 0x0001;

    /// <summary>The extra field that PyTorch fills up headers with, so that data lies aligned.</summary>
    public const ushort PaddingField = 0x4246;

    public const int FieldHeaderLength = 4;

    public const ushort Version = 20;
    public const ushort Version64 = 45;

    /// <summary>The first day that the format knows: a file has the same bytes whenever it is written.</summary>
    public const ushort Date = 0x0021;
}
