package io.helmwatch.config.rule;

import io.helmwatch.config.rule.ZoneConfig.Point;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.schema.ValueType;
import io.helmwatch.config.schema.ValueTypes;
import io.helmwatch.config.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Corners of a polygon in normalised coordinates. */
final class PolygonType implements ValueType<List<Point>> {
    private static final int MIN_CORNERS = 3;
    private static final int MAX_CORNERS = 64;
    private static final double MIN_AREA = 1e-6;
    private static final String RULE =
            "must be two numbers from 0 to 1, [x, y] in fractions of the frame's width and height";

    @Override
    public @Nullable List<Point> read(Value value) {
        List<Value> corners = value.items();
        if (corners == null) {
            return null;
        }
        List<Point> points = new ArrayList<>();
        for (Value corner : corners) {
            Point point = point(corner);
            if (point == null) {
                return null;
            }
            points.add(point);
        }
        if (points.size() < MIN_CORNERS || points.size() > MAX_CORNERS) {
            value.problem("must have " + MIN_CORNERS + " to " + MAX_CORNERS + " corners, but has " + points.size());
        } else if (crossesItself(points)) {
            value.problem("must not cross itself: list the corners in the order of the outline");
        } else if (Math.abs(area(points)) < MIN_AREA) {
            value.problem("must enclose an area, but its corners lie on a line");
        }
        return points;
    }

    private static @Nullable Point point(Value corner) {
        List<Value> pair = corner.isList() ? corner.items() : null;
        if (pair == null || pair.size() != 2) {
            corner.problem(RULE + (pair == null ? "" : ", but has " + pair.size()));
            return null;
        }
        String x = pair.get(0).text();
        String y = pair.get(1).text();
        if (x == null || y == null) {
            return null;
        }
        Point point = new Point(number(x), number(y));
        boolean isInside = point.x() >= 0 && point.x() <= 1 && point.y() >= 0 && point.y() <= 1;
        if (!isInside) {
            corner.problem(RULE + ", but is " + Yaml.shorten("[" + x.strip() + ", " + y.strip() + "]") + advice(x, y));
            return null;
        }
        return point;
    }

    private static String advice(String x, String y) {
        if ((x + y).contains("%")) {
            return "; write 0.1 for 10%";
        }
        boolean looksLikePixels = number(x) >= 2 || number(y) >= 2;
        return looksLikePixels ? "; divide pixels by the frame's width and height" : "";
    }

    private static double number(String text) {
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Shoelace formula. */
    private static double area(List<Point> points) {
        double sum = 0;
        for (int i = 0; i < points.size(); i++) {
            Point a = points.get(i);
            Point b = points.get((i + 1) % points.size());
            sum += a.x() * b.y() - b.x() * a.y();
        }
        return sum / 2;
    }

    /** Whether two sides cross; sides that only touch, as neighbours do, don't. */
    private static boolean crossesItself(List<Point> points) {
        int n = points.size();
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                if (cross(points.get(i), points.get((i + 1) % n), points.get(j), points.get((j + 1) % n))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean cross(Point a, Point b, Point c, Point d) {
        return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
    }

    private static double side(Point a, Point b, Point p) {
        return Math.signum((b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x()));
    }

    @Override
    public String format(List<Point> points) {
        return points.stream()
                .map(point -> "[" + ValueTypes.number(point.x()) + ", " + ValueTypes.number(point.y()) + "]")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    @Override
    public String values() {
        return MIN_CORNERS + " to " + MAX_CORNERS + " corners";
    }
}
