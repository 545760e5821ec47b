package io.helmwatch.postprocess.rules;

import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.postprocess.tracking.HeadFilter;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import java.util.List;

/** Leaves out heads under a mask, and those that are too small. Threading: one thread. */
final class MaskFilter implements HeadFilter {
    private final List<Polygon> masks;
    private final int minBox;
    private ImageSize size = new ImageSize(1, 1);

    MaskFilter(StreamRulesConfig config) {
        masks = config.masks().stream().map(Polygon::new).toList();
        minBox = config.minBox();
    }

    /** Sets the size of the frame that boxes belong to. */
    void resize(ImageSize frame) {
        size = frame;
    }

    @Override
    public boolean accepts(BoundingBox box) {
        if (Math.min(box.width(), box.height()) < minBox) {
            return false;
        }
        double x = (box.x1() + box.x2()) / 2 / size.width();
        double y = (box.y1() + box.y2()) / 2 / size.height();
        for (int i = 0; i < masks.size(); i++) {
            if (masks.get(i).contains(x, y)) {
                return false;
            }
        }
        return true;
    }
}
