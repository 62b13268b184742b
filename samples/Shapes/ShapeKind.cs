namespace Shapes;

/// <summary>The kind of a shape.</summary>
internal enum ShapeKind
{
    Circle,
    Square,
    Triangle,
}
