namespace Shapes;

/// <summary>A grey image of one random shape.</summary>
/// <param name="Pixels">The rows, consecutively.</param>
/// <param name="Kind">The kind of the shape, as a number for the loss.</param>
internal sealed record ShapeImage(float[] Pixels, long Kind)
{
    public const int Side = 24;

    /// <summary>Draws a shape with random position, size, angle and brightness, and adds noise.</summary>
    public static ShapeImage Draw(Random random, float noise)
    {
        var kind = (ShapeKind)random.Next(3);
        var radius = 5 + (4 * random.NextSingle());
        var (centreX, centreY) = (Place(), Place());
        var (sin, cos) = MathF.SinCos(random.NextSingle() * MathF.Tau);
        var (shade, background) = (0.5f + (0.5f * random.NextSingle()), 0.3f * random.NextSingle());
        var pixels = new float[Side * Side];
        for (var index = 0; index < pixels.Length; index++)
        {
            var (x, y) = (((index % Side) - centreX) / radius, ((index / Side) - centreY) / radius);
            pixels[index] = Covers(kind, (x * cos) - (y * sin), (x * sin) + (y * cos)) ? shade : background;
            pixels[index] += noise * ((2 * random.NextSingle()) - 1);
        }

        return new ShapeImage(pixels, (long)kind);

        float Place() => (Side / 2f) + (4 * (random.NextSingle() - 0.5f));
    }

    /// <summary>Returns the image mirrored horizontally, vertically, both or neither.</summary>
    public ShapeImage Mirror(Random random)
    {
        var (flipX, flipY) = (random.Next(2) == 0, random.Next(2) == 0);
        var pixels = new float[Pixels.Length];
        for (var index = 0; index < pixels.Length; index++)
        {
            var (x, y) = (index % Side, index / Side);
            pixels[index] = Pixels[((flipY ? Side - 1 - y : y) * Side) + (flipX ? Side - 1 - x : x)];
        }

        return this with { Pixels = pixels };
    }

    // In coordinates in which the shape is upright and of size one.
    private static bool Covers(ShapeKind kind, float x, float y) => kind switch
    {
        ShapeKind.Circle => (x * x) + (y * y) < 0.7f,
        ShapeKind.Square => MathF.Max(MathF.Abs(x), MathF.Abs(y)) < 0.75f,
        _ => y < 0.5f && y > (MathF.Sqrt(3) * MathF.Abs(x)) - 1,
    };
}
