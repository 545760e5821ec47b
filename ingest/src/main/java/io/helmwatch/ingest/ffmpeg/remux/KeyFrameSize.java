package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.vision.ImageSize;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParserContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The size that a key frame itself gives, since a container does not follow a camera that changes its resolution. Looks at headers only.
 *
 * <p>Threading: any; without state. Called once for each timeline.
 */
final class KeyFrameSize {
    private KeyFrameSize() {}

    /**
     * Size of the key frame's image.
     *
     * @param parameters the codec's parameter sets, with start codes or in the form of MP4
     * @return that of the format where the packet does not tell; null where that does not either
     */
    static @Nullable ImageSize of(FfmpegVideoPacket key, int codecId, byte[] parameters) {
        AVCodec codec = avcodec.avcodec_find_decoder(codecId);
        AVCodecParserContext parser = avcodec.av_parser_init(codecId);
        if (codec == null || parser == null) {
            return sizeOrNull(key.format().width(), key.format().height());
        }
        AVCodecContext context = avcodec.avcodec_alloc_context3(codec);
        try (BytePointer out = new BytePointer((Pointer) null);
                IntPointer outSize = new IntPointer(1)) {
            Pointer copy = avutil.av_mallocz(parameters.length + avcodec.AV_INPUT_BUFFER_PADDING_SIZE);
            BytePointer extradata = new BytePointer(copy);
            extradata.put(parameters, 0, parameters.length);
            context.extradata(extradata);
            context.extradata_size(parameters.length);
            parser.flags(parser.flags() | AVCodecParserContext.PARSER_FLAG_COMPLETE_FRAMES);
            AVPacket packet = key.packet();
            avcodec.av_parser_parse2(
                    parser, context, out, outSize, packet.data(), packet.size(), packet.pts(), packet.dts(), 0);
            ImageSize own = sizeOrNull(parser.width(), parser.height());
            return own == null ? sizeOrNull(key.format().width(), key.format().height()) : own;
        } finally {
            avcodec.av_parser_close(parser);
            avcodec.avcodec_free_context(context);
        }
    }

    private static @Nullable ImageSize sizeOrNull(int width, int height) {
        return width > 0 && height > 0 ? new ImageSize(width, height) : null;
    }
}
