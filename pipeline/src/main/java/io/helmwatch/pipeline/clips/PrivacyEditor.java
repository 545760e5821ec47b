package io.helmwatch.pipeline.clips;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.ingest.ffmpeg.transcode.FrameEditor;
import io.helmwatch.ingest.ffmpeg.transcode.ImagePlanes;
import io.helmwatch.sinks.opencv.PlanePrivacy;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Blackens masks and blurs heads in the frames of a clip. Where heads are blurred, a frame that was not analysed is dropped, since nobody knows where
 * its heads are.
 *
 * <p>Threading: one thread.
 */
final class PrivacyEditor implements FrameEditor {
    private final boolean isBlurred;
    private final int subject;
    private final Supplier<List<List<ZoneConfig.Point>>> masks;
    private final LongFunction<@Nullable ClipFrame> frames;

    /**
     * @param isBlurred whether heads are blurred
     * @param subject track of the head that is not blurred; 0 blurs all
     * @param masks in force during the clip
     * @param frames finds the analysed frame of a media time; null where it was not analysed
     */
    PrivacyEditor(
            boolean isBlurred,
            int subject,
            Supplier<List<List<ZoneConfig.Point>>> masks,
            LongFunction<@Nullable ClipFrame> frames) {
        this.isBlurred = isBlurred;
        this.subject = subject;
        this.masks = masks;
        this.frames = frames;
    }

    @Override
    public boolean edit(long mediaTimeNanos, ImageSize sourceSize, ImagePlanes image) {
        List<BoundingBox> heads = List.of();
        if (isBlurred) {
            ClipFrame analysed = frames.apply(mediaTimeNanos);
            if (analysed == null) {
                return false;
            }
            heads = analysed.headsExcept(subject);
        }
        int width = image.size().width();
        int height = image.size().height();
        float x = (float) width / sourceSize.width();
        float y = (float) height / sourceSize.height();
        List<BoundingBox> luma =
                heads.stream().map(box -> ClipFrame.scaled(box, x, y)).toList();
        List<BoundingBox> chroma =
                heads.stream().map(box -> ClipFrame.scaled(box, x / 2, y / 2)).toList();
        List<List<ZoneConfig.Point>> black = masks.get();
        PlanePrivacy.apply(image.luma(), width, height, image.lumaStride(), true, black, luma);
        PlanePrivacy.apply(image.cb(), width / 2, height / 2, image.chromaStride(), false, black, chroma);
        PlanePrivacy.apply(image.cr(), width / 2, height / 2, image.chromaStride(), false, black, chroma);
        return true;
    }
}
