package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.decode.DecoderSwitch;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.TileGrid;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * Decodes an image, which is one packet, or one packet a tile. Images that are cut off are refused.
 *
 * <p>Threading: the stream's thread. Ownership: borrows the input, the decoder and the packet that it reads into.
 */
final class ImageDecoding {
    private final FfmpegInput input;
    private final DecoderSwitch decoders;
    private final AVPacket packet;
    private final boolean images;

    ImageDecoding(FfmpegInput input, DecoderSwitch decoders, AVPacket packet) {
        this.input = input;
        this.decoders = decoders;
        this.packet = packet;
        images = input.isImages();
    }

    /**
     * Reads and decodes the input's next image.
     *
     * @return FFmpeg's code: below 0 when it could not be decoded, {@link Ffmpeg#EOF} when it is cut off
     * @throws IngestException when it is an animation that FFmpeg does not decode
     */
    int decode(AVFrame target) {
        TileGrid grid = input.grid();
        return grid == null ? decodeWhole(target) : decodeTiles(grid, target);
    }

    /**
     * Whether the packet at hand is an image that is cut off, which decoders fill up and report as good.
     *
     * @throws IngestException when it is an animation that FFmpeg does not decode
     */
    boolean isTruncated() {
        int codec = decoders.codecId();
        if (codec == avcodec.AV_CODEC_ID_WEBP && ImageData.isAnimatedWebp(packet.data(), packet.size())) {
            throw new IngestException(
                    decoders.displayed()
                            + " is an animated WebP image, which is not supported: expected a still image; convert it to a GIF or a video.");
        }
        return (images || codec == avcodec.AV_CODEC_ID_GIF)
                && !ImageData.isComplete(codec, packet.data(), packet.size());
    }

    private int decodeWhole(AVFrame target) {
        int rc = input.read(packet);
        if (rc >= 0) {
            rc = isTruncated() ? Ffmpeg.EOF : decoders.current().send(packet);
        }
        if (rc >= 0) {
            decoders.current().send(null);
            rc = decoders.current().receive(target);
        }
        return rc;
    }

    /** Every tile is a stream with one packet; all of them are coded alike. */
    private int decodeTiles(TileGrid grid, AVFrame canvas) {
        AVFrame tile = avutil.av_frame_alloc();
        try {
            int placed = 0;
            while (placed < grid.tiles()) {
                avcodec.av_packet_unref(packet);
                decoders.current().restart();
                int rc = decodeWhole(tile);
                if (rc >= 0) {
                    rc = grid.place(tile, packet.stream_index(), canvas);
                }
                if (rc < 0) {
                    return rc;
                }
                placed += rc;
                avutil.av_frame_unref(tile);
            }
            return grid.crop(canvas);
        } finally {
            avutil.av_frame_free(tile);
        }
    }
}
