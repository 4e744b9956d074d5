export { startDiscover } from './start.ts';
