export { startPublish } from './start.ts';
