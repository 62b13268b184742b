namespace Shapes;

/// <summary>What an image shows.</summary>
internal enum ShapeKind
{
    Circle,
    Square,
    Triangle,
}
