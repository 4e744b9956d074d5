export { startUpload } from './start.ts';
