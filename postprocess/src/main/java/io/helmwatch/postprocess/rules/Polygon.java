package io.helmwatch.postprocess.rules;

import io.helmwatch.config.rule.ZoneConfig;
import java.util.List;

/** A polygon in normalised coordinates. */
final class Polygon {
    private final double[] xs;
    private final double[] ys;

    Polygon(List<ZoneConfig.Point> corners) {
        xs = corners.stream().mapToDouble(ZoneConfig.Point::x).toArray();
        ys = corners.stream().mapToDouble(ZoneConfig.Point::y).toArray();
    }

    /**
     * Whether a point is inside, by the even-odd rule. Of two polygons that share a side, a point on it is in exactly one: left and top
     * sides are inside, right and bottom sides are outside. The right and bottom edges of the frame itself are inside.
     */
    boolean contains(double x, double y) {
        double px = Math.min(x, Math.nextDown(1.0));
        double py = Math.min(y, Math.nextDown(1.0));
        boolean inside = false;
        for (int i = 0, j = xs.length - 1; i < xs.length; j = i++) {
            if (ys[i] > py != ys[j] > py && px < (xs[j] - xs[i]) * (py - ys[i]) / (ys[j] - ys[i]) + xs[i]) {
                inside = !inside;
            }
        }
        return inside;
    }
}
