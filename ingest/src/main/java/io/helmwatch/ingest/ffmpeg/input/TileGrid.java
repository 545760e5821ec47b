package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.vision.Orientation;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStreamGroup;
import org.bytedeco.ffmpeg.avformat.AVStreamGroupTileGrid;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * How an image is put together from tiles that are coded on their own, as in the HEIC and AVIF files of phones.
 *
 * <p>Threading: the stream's thread.
 */
public final class TileGrid {
    /** Of a canvas, in pixels: more than any camera has. */
    private static final int MAX_SIDE = 32_768;

    private static final long MAX_PIXELS = 1L << 28;

    private final int[] streams;
    private final int[] left;
    private final int[] top;
    private final int canvasWidth;
    private final int canvasHeight;
    private final int cropLeft;
    private final int cropTop;
    private final int width;
    private final int height;
    private final Orientation orientation;

    private TileGrid(AVStreamGroup group, AVStreamGroupTileGrid grid) {
        int tiles = grid.nb_tiles();
        streams = new int[tiles];
        left = new int[tiles];
        top = new int[tiles];
        for (int i = 0; i < tiles; i++) {
            streams[i] = group.streams(grid.offsets_idx(i)).index();
            left[i] = grid.offsets_horizontal(i);
            top[i] = grid.offsets_vertical(i);
        }
        canvasWidth = grid.coded_width();
        canvasHeight = grid.coded_height();
        cropLeft = grid.horizontal_offset();
        cropTop = grid.vertical_offset();
        width = grid.width();
        height = grid.height();
        AVPacketSideData matrix = avcodec.av_packet_side_data_get(
                grid.coded_side_data(), grid.nb_coded_side_data(), avcodec.AV_PKT_DATA_DISPLAYMATRIX);
        orientation =
                matrix != null && matrix.size() >= 36 ? VideoTrack.orientation(matrix.data()) : Orientation.UPRIGHT;
    }

    /** The grid of the input's image; null where it is coded as a whole. */
    static @Nullable TileGrid of(AVFormatContext input) {
        for (int i = 0; i < input.nb_stream_groups(); i++) {
            AVStreamGroup group = input.stream_groups(i);
            if (group.type() == avformat.AV_STREAM_GROUP_PARAMS_TILE_GRID
                    && group.params_tile_grid().nb_tiles() > 1) {
                return new TileGrid(group, group.params_tile_grid());
            }
        }
        return null;
    }

    /** Number of tiles. */
    public int tiles() {
        return streams.length;
    }

    /** Whether memory for the canvas may be taken, and every tile lies on it. */
    boolean isPlausible() {
        if (canvasWidth <= 0
                || canvasHeight <= 0
                || canvasWidth > MAX_SIDE
                || canvasHeight > MAX_SIDE
                || (long) canvasWidth * canvasHeight > MAX_PIXELS
                || cropLeft < 0
                || cropTop < 0
                || width <= 0
                || height <= 0
                || cropLeft + width > canvasWidth
                || cropTop + height > canvasHeight) {
            return false;
        }
        for (int i = 0; i < streams.length; i++) {
            if (left[i] < 0 || top[i] < 0 || left[i] >= canvasWidth || top[i] >= canvasHeight) {
                return false;
            }
        }
        return true;
    }

    /** Index of the stream of the first tile. */
    int firstStream() {
        return streams[0];
    }

    /** Whether a stream is one of the tiles. */
    boolean contains(int stream) {
        for (int tile : streams) {
            if (tile == stream) {
                return true;
            }
        }
        return false;
    }

    /** How the whole image has to be turned. */
    Orientation orientation() {
        return orientation;
    }

    /**
     * Copies a decoded tile to its places on the canvas, which is allocated with the first one.
     *
     * @return how many places it has; negative, FFmpeg's code, where it does not fit to the others
     */
    public int place(AVFrame tile, int stream, AVFrame canvas) {
        if (canvas.width() == 0) {
            canvas.format(tile.format());
            canvas.width(canvasWidth);
            canvas.height(canvasHeight);
            int rc = avutil.av_frame_get_buffer(canvas, 0);
            if (rc >= 0) {
                rc = avutil.av_frame_copy_props(canvas, tile);
            }
            if (rc < 0) {
                return rc;
            }
        } else if (tile.format() != canvas.format()) {
            return Ffmpeg.INVALID_DATA;
        }
        int places = 0;
        for (int i = 0; i < streams.length; i++) {
            if (streams[i] == stream) {
                copy(tile, canvas, left[i], top[i]);
                places++;
            }
        }
        return places;
    }

    private static void copy(AVFrame tile, AVFrame canvas, int x, int y) {
        AVPixFmtDescriptor format = avutil.av_pix_fmt_desc_get(canvas.format());
        int columns = Math.min(tile.width(), canvas.width() - x);
        int rows = Math.min(tile.height(), canvas.height() - y);
        int planes = avutil.av_pix_fmt_count_planes(canvas.format());
        for (int plane = 0; plane < planes; plane++) {
            int shift = plane == 1 || plane == 2 ? format.log2_chroma_h() : 0;
            long offset = (long) (y >> shift) * canvas.linesize(plane)
                    + avutil.av_image_get_linesize(canvas.format(), x, plane);
            avutil.av_image_copy_plane(
                    canvas.data(plane).getPointer(offset),
                    canvas.linesize(plane),
                    tile.data(plane),
                    tile.linesize(plane),
                    avutil.av_image_get_linesize(canvas.format(), columns, plane),
                    (rows + (1 << shift) - 1) >> shift);
        }
    }

    /** Leaves the part of the canvas that is shown; returns FFmpeg's code. */
    public int crop(AVFrame canvas) {
        canvas.crop_left(cropLeft);
        canvas.crop_top(cropTop);
        canvas.crop_right(canvasWidth - cropLeft - width);
        canvas.crop_bottom(canvasHeight - cropTop - height);
        return avutil.av_frame_apply_cropping(canvas, avutil.AV_FRAME_CROP_UNALIGNED);
    }
}
