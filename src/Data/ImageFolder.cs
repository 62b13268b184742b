using SkiaSharp;
using static TorchSharp.torch;

namespace Fulgurite;

/// <summary>The images of a folder that has one folder per class, decoded when they are loaded.</summary>
/// <remarks>
/// Classes are numbered from 0 in the ordinal order of their folders' names; images are in the ordinal order of their paths. Subfolders of
/// a class belong to it. Hidden files and files of other types than <c>.bmp</c>, <c>.gif</c>, <c>.jpeg</c>, <c>.jpg</c>, <c>.png</c> and
/// <c>.webp</c> are ignored. Transparency and the orientation stored by cameras are ignored; of an animation, the first image is used.
/// </remarks>
public sealed class ImageFolder : IDataset<(Tensor Inputs, Tensor Targets)>
{
    private static readonly HashSet<string> Extensions = new(
        [".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"], StringComparer.OrdinalIgnoreCase);

    // The weights of ITU-R BT.601, as in Pillow and torchvision.
    private static readonly float[] Luminance = [0.299f, 0.587f, 0.114f];

    private readonly List<(string Path, long Class)> _images = [];
    private readonly SKImageInfo _size;
    private readonly float[] _means;
    private readonly float[] _deviations;

    internal ImageFolder(string path, ImageFolderOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Width, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Height, 1, nameof(options));
        if (options.Channels is not (1 or 3))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Channels, "Channels must be 1 (gray) or 3 (red, green, blue).");
        }

        _size = new SKImageInfo(options.Width, options.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        _means = PerChannel(options.Means, nameof(options.Means), 0, options.Channels);
        _deviations = PerChannel(options.StandardDeviations, nameof(options.StandardDeviations), 1, options.Channels);
        if (_deviations.Any(deviation => !(deviation > 0)))
        {
            throw new ArgumentException($"StandardDeviations are {string.Join(", ", _deviations)}. Each must be above 0.", nameof(options));
        }

        Classes =
        [
            .. Names(Directory.EnumerateDirectories(path, "*", Searching(recursive: false))).Select(folder => Path.GetFileName(folder)!),
        ];
        if (Classes.Count == 0)
        {
            throw new InvalidDataException($"'{path}' has no folders. Expected one folder of images for each class.");
        }

        for (var index = 0; index < Classes.Count; index++)
        {
            var folder = Path.Join(path, Classes[index]);
            var before = _images.Count;
            _images.AddRange(Names(Directory.EnumerateFiles(folder, "*", Searching(recursive: true)))
                .Where(file => Extensions.Contains(Path.GetExtension(file)))
                .Select(file => (file, (long)index)));
            if (_images.Count == before)
            {
                throw new InvalidDataException(
                    $"The class folder '{folder}' has no images. Expected files of the types "
                        + $"{string.Join(", ", Extensions.Order(StringComparer.Ordinal))}.");
            }
        }
    }

    /// <summary>Gets the names of the classes, by class number.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Gets the paths of the images, by item.</summary>
    public IReadOnlyList<string> Files => [.. _images.Select(image => image.Path)];

    /// <inheritdoc/>
    public long Count => _images.Count;

    /// <summary>Decodes an image.</summary>
    /// <param name="arguments">The index of the image.</param>
    /// <returns>The image [channels, height, width] and its class number [].</returns>
    /// <exception cref="InvalidDataException">The image is damaged or incomplete; the message has its path.</exception>
    public (Tensor Inputs, Tensor Targets) GetItem(GetItemArguments arguments)
    {
        var (path, target) = _images[(int)arguments.Index];
        return (tensor(Values(Decode(path)), _means.Length, _size.Height, _size.Width), tensor(target));
    }

    /// <summary>Returns the pixels of an image in the size of the options, as red, green, blue and alpha.</summary>
    private byte[] Decode(string path)
    {
        using var codec = SKCodec.Create(path, out var result);
        if (codec is null)
        {
            throw Damaged(path, result);
        }

        using var bitmap = new SKBitmap(_size.WithSize(codec.Info.Size));
        result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw Damaged(path, result);
        }

        if (bitmap.Info.Size == _size.Size)
        {
            return bitmap.Bytes;
        }

        // Medium averages where it reduces.
        using var resized = bitmap.Resize(_size, SKFilterQuality.Medium);
        return resized?.Bytes ?? throw new InvalidDataException(
            $"The image '{path}' of {bitmap.Width} x {bitmap.Height} pixels cannot be scaled to {_size.Width} x {_size.Height}.");
    }

    private float[] Values(byte[] pixels)
    {
        var area = _size.Width * _size.Height;
        var values = new float[_means.Length * area];
        for (var channel = 0; channel < _means.Length; channel++)
        {
            var (mean, deviation) = (_means[channel], _deviations[channel]);
            for (var index = 0; index < area; index++)
            {
                var pixel = pixels.AsSpan(4 * index, 3);
                var value = _means.Length == 3
                    ? pixel[channel]
                    : (Luminance[0] * pixel[0]) + (Luminance[1] * pixel[1]) + (Luminance[2] * pixel[2]);
                values[(channel * area) + index] = ((value / 255f) - mean) / deviation;
            }
        }

        return values;
    }

    private static InvalidDataException Damaged(string path, SKCodecResult result) => new(
        File.Exists(path)
            ? $"The image '{path}' cannot be decoded ({result}). Replace or remove it."
            : $"The image '{path}' was removed after the folder was read.");

    private static float[] PerChannel(IReadOnlyList<float>? given, string name, float otherwise, int channels) =>
        given is null ? [.. Enumerable.Repeat(otherwise, channels)]
        : given.Count == channels ? [.. given]
        : throw new ArgumentException(
            $"{name} has {given.Count} values, and Channels is {channels}. Provide one value per channel.", nameof(given));

    private static EnumerationOptions Searching(bool recursive) => new() { RecurseSubdirectories = recursive, IgnoreInaccessible = false };

    private static IEnumerable<string> Names(IEnumerable<string> paths) => paths.Order(StringComparer.Ordinal);
}

/// <summary>The conversion of the images of a folder; see <c>DataSource.FromImageFolder</c>.</summary>
public sealed class ImageFolderOptions
{
    /// <summary>Gets or sets the width in pixels. Images are scaled to width and height, regardless of their proportions.</summary>
    /// <value>The default is 224.</value>
    public int Width { get; set; } = 224;

    /// <summary>Gets or sets the height in pixels.</summary>
    /// <value>The default is 224.</value>
    public int Height { get; set; } = 224;

    /// <summary>Gets or sets the number of channels: 3 for red, green and blue, 1 for gray.</summary>
    /// <value>The default is 3.</value>
    public int Channels { get; set; } = 3;

    /// <summary>Gets or sets the mean of each channel, which is subtracted from its values from 0 to 1; null for 0.</summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<float>? Means { get; set; }

    /// <summary>Gets or sets the standard deviation of each channel, by which its values are divided afterwards; null for 1.</summary>
    /// <value>The default is null.</value>
    public IReadOnlyList<float>? StandardDeviations { get; set; }
}

/// <summary>Creates data sets and sources from folders of images.</summary>
#pragma warning disable CA1708 // The rule compares the compiler-made names of the two extension blocks.
public static class ImageDatasets
#pragma warning restore CA1708
{
    extension(Dataset)
    {
        /// <summary>Finds the images of a folder that has one folder per class.</summary>
        /// <param name="path">The path of the folder.</param>
        /// <param name="images">The conversion of the images; null for the defaults.</param>
        /// <returns>Items of an image [channels, height, width] and its class number [].</returns>
        /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
        /// <exception cref="InvalidDataException">The folder has no class folders, or one of them has no images.</exception>
        /// <exception cref="ArgumentException">The conversion has values that are not allowed.</exception>
        public static ImageFolder FromImageFolder(string path, ImageFolderOptions? images = null) =>
            new(path, images ?? new ImageFolderOptions());
    }

    extension(DataSource)
    {
        /// <summary>
        /// Creates a source of batches of images; to split the images, use <c>Dataset.FromImageFolder</c> and <c>Split</c>.
        /// </summary>
        /// <param name="path">The path of the folder, which has one folder per class.</param>
        /// <param name="images">The conversion of the images; null for the defaults.</param>
        /// <param name="options">The options; null for the defaults.</param>
        /// <returns>Batches of images [N, channels, height, width] and class numbers [N].</returns>
        /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
        /// <exception cref="InvalidDataException">The folder has no class folders, or one of them has no images.</exception>
        /// <exception cref="ArgumentException">The conversion has values that are not allowed.</exception>
        public static DataSource<(Tensor Inputs, Tensor Targets)> FromImageFolder(
            string path, ImageFolderOptions? images = null, DataSourceOptions? options = null) =>
            DataSource.From(Dataset.FromImageFolder(path, images), options);
    }
}
